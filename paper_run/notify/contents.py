"""What a message tells, read from the ledger as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model import result_json
from paper_run.model.commands import Invocation
from paper_run.report.summary.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.outbox import MailKind, MailRow
    from paper_run.model.attempt import AttemptRow
    from paper_run.report.day import Reports
    from paper_run.report.publisher import Publisher
    from paper_run.report.summary.summary import Occasion


class Told(NamedTuple):
    """What a message tells of: an attempt, a session's latest mark, or a notice by its content."""

    kind: MailKind
    session: str
    attempt: AttemptRow | None = None
    content: str | None = None


class Result(NamedTuple):
    """A result, with the reports that are made from it, and on what occasion it is told."""

    reports: Reports
    occasion: Occasion


class Contents:
    """Finds what the messages of a ledger tell.

    :param invocation: what makes the commands in them run as they stand. :param made: reports that are
        there already and need not be made once more.
    """

    def __init__(
        self,
        ledger: Ledger,
        publisher: Publisher,
        *,
        invocation: Invocation,
        made: Iterable[Reports] = (),
    ) -> None:
        self.ledger = ledger
        self.publisher = publisher
        self.invocation = invocation._replace(ledger=ledger.account.identity)
        self._made = {each.json: each for each in made}

    def is_problem(self, row: MailRow) -> bool:
        """Tell whether what a message tells needs a person.

        :raises DataError: the ledger's record can't be read.
        """
        from paper_run.notify.email import letters

        with self.ledger.translated_errors():
            if row.content is not None:
                return letters.is_problem(Notice.from_json(row.content))
            return letters.is_problem(result_json.decode(self._document(row)))

    def of(self, row: MailRow) -> Result | Notice:
        """Return what a message tells.

        :raises DataError: the ledger's record can't be read.
        """
        with self.ledger.translated_errors():
            if row.content is not None:
                return Notice.from_json(row.content)
            occasion, document = _occasion(row), self._document(row)
        return Result(self._made.get(document) or self.publisher.reports(document), occasion)

    def _document(self, row: MailRow) -> str:
        if row.attempt is not None:
            return self.ledger.attempts.by_id(row.attempt).document
        document = self.ledger.sessions.mark(row.session)
        if document is None:
            raise LookupError(f"the mail {row.id} tells of a mark that is not there")
        return document


def _occasion(row: MailRow) -> Occasion:
    if row.kind in ("run", "settled", "mark", "close"):
        return row.kind
    raise LookupError(f"the mail {row.id} is a notice without its content")
