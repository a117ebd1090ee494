"""Word of what left no result: a run that stopped or began too late, a mark that failed, a closed day."""

import json
from datetime import date
from typing import Any, Literal, get_args

from paper_run import NamedTuple
from paper_run.errors import PaperRunError, Remedy
from paper_run.model import findings, messages, result
from paper_run.model.commands import of_ledger

NoticeKind = Literal["stopped", "late", "unvalued", "closed"]


class Notice(NamedTuple):
    """What is to be told of such a day.

    :ivar session: the exchange's date, ISO. :ivar title: what happened; of a closed day why it is closed.
    :ivar next_session: the date of the next session, ISO, where it is known.
    :ivar label: the words that must go with what is not of a real attempt, see `RunResult.label`.
    """

    kind: NoticeKind
    session: str
    title: str
    explanation: str
    remedies: tuple[Remedy, ...]
    exit_status: int
    next_session: str | None
    label: str | None

    @classmethod
    def of_error(
        cls,
        error: PaperRunError,
        kind: NoticeKind,
        session: date,
        next_session: date | None = None,
        *,
        is_sandbox: bool,
        ledger: str = "",
    ) -> "Notice":
        """Return why a session was not traded or not valued.

        :param ledger: the id of the ledger that it is told of.
        """
        errors = messages.single(error)
        return cls(
            kind=kind,
            session=str(session),
            title=error.title,
            explanation="\n".join(each.explanation for each in errors),
            remedies=tuple(
                Remedy(remedy.text, of_ledger(remedy.command, ledger))
                for each in errors
                for remedy in each.remedies
            ),
            exit_status=int(error.exit_status),
            next_session=None if next_session is None else str(next_session),
            label=result.label(sandbox=is_sandbox, rehearsal=False),
        )

    def to_json(self) -> str:
        """Return the notice as text for the ledger."""
        return json.dumps({**self._asdict(), "remedies": findings.remedies_to_json(self.remedies)})

    @classmethod
    def from_json(cls, text: str) -> "Notice":
        """Read a notice back.

        :raises ValueError: the text is none.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.keys() != set(cls._fields):
            raise ValueError("a notice is a JSON object with the fields of one")
        notice = cls(**{**content, "remedies": findings.remedies_from_json(content["remedies"])})
        if not notice._is_sound():
            raise ValueError("a notice has a field of another kind")
        return notice

    def _is_sound(self) -> bool:
        required: tuple[Any, ...] = (self.session, self.title, self.explanation)
        optional: tuple[Any, ...] = (self.next_session, self.label)
        return (
            self.kind in get_args(NoticeKind)
            and all(isinstance(each, str) for each in required)
            and all(each is None or isinstance(each, str) for each in optional)
            and type(self.exit_status) is int
        )
