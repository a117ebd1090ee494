"""What was found out about a day, typed: what it is, how much it matters, what it is about, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from paper_run import NamedTuple
from paper_run.errors import Remedy
from paper_run.model.commands import of_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from paper_run.errors import PaperRunError

Severity = Literal["error", "warning", "note"]
"""An `error` is told by the exit status; a `warning` wants a person to look; a `note` wants nobody."""

CODES = {
    "unclassified": "A sentence of a record that was written before findings had codes.",
    # what failed
    "data": "Wrong input, or a file that can't be read or written.",
    "dependency": "A service that is needed is down or unhealthy.",
    "orchestration": "The orchestrator refused or failed.",
    "interrupted": "The wait was broken off.",
    "answer_lost": "It is not known whether the orchestrator traded.",
    "run_goes_on": "The orchestrator's run had not ended when the time was over.",
    "run_failed": "The orchestrator's run ended badly.",
    "orders_not_accepted": "Some of the orders were not accepted, or are in doubt.",
    "authentication": "A service asks for authentication.",
    "positions_unreadable": "The gateway's positions can't be read.",
    "gateway_unreadable": "The gateway could not be read after the attempt, or for a mark.",
    "wrong_gateway": "The gateway does not know the orders.",
    "quotes_unreadable": "The configured quote source could not be read.",
    "valued_before": "A mark read too little to take the place of a whole valuation.",
    "already_traded": "Somebody else has traded the session.",
    "mail_unsent": "An e-mail could not be sent.",
    "push_unsent": "A push notification was not taken.",
    # the clock and the ledger
    "clock_disagrees": "This machine and a service have another date at the exchange, or another session.",
    "clock_unproved": "No service tells a time of its own that this machine's clock could be compared with.",
    "older_session": "A later session was traded, and nobody but this machine's clock says what day it is.",
    "wrong_date": "A session was traded that is yet to come.",
    "ledger_missing": "There is no ledger where there must be one, or it lacks results that lie beside it.",
    "ledger_moved": "The ledger's file was moved into a database, and trades no more.",
    "ledger_pooled": "A connection pooler stands before the ledger's database.",
    "ledger_unsynced": "The server of the ledger's database does not sync what it writes.",
    "database_changed": "The ledger's database was restored, promoted or written anew: rows may be missing.",
    "ledger_leftover": "What lies beside the ledger does not belong to it, or is damaged.",
    "files_missing": "Files of a report are not there, and can't be made by who asks.",
    # the settings, the run and its answer
    "setting": "A setting that means nothing, or not what it seems to.",
    "broker_unreadable": "The configured broker could not be read.",
    "broker_account": "The account at the broker may take no order, or is another one than the book's.",
    "broker_unproven": "The account at the broker is not proven to be the one that the gateway trades.",
    "broker_order": "The broker says of an order of ours what nothing can be booked of.",
    "broker_live": "The host of the broker is a live account's, and nobody has said that it may be read.",
    "broker_unread": "The broker could not be read before the request was sent.",
    "arrivals_unread": "The market's prices could not be read before the request was sent.",
    "broker_strangers": "The broker has orders of today that are nobody's of this ledger's.",
    "outcome_unknown": "It is not known what came of an attempt of this ledger.",
    "recovered": "How it became known what came of an attempt.",
    "found_at_broker": "The answer was lost, and orders that it may have been about are at the broker.",
    "found_beside": "An order was taken for an attempt's at the broker, and its run does not show it.",
    "found_later": "The answer was lost, and the run was found.",
    "answer_unreadable": "An answer to a run that was kept can't be read.",
    "looked_for": "What a look for a lost answer found.",
    "orders_unread": "The orders were not read from the gateway yet.",
    "orchestrator_differs": "The orchestrator's counts, date or symbols are not those asked for, or listed.",
    "orchestrator_says": "What the orchestrator says of a run that it completed.",
    "traded_meanwhile": "Another command has traded the session meanwhile; nothing was sent.",
    "held_back": "The request was not sent: too late after it was journaled, or on another day.",
    "broke_after_sending": "The program failed after it had sent the request.",
    "not_recorded": "It traded, and the ledger could not be written.",
    "nothing_new": "All orders of a run bear ids that an earlier attempt owns.",
    "too_early": "The orchestrator may still be at work on an attempt.",
    "rehearsal_executed": "Orders of a rehearsal were executed.",
    "traded_twice": "Another attempt of the session was sent as well.",
    "contradicted": "An attempt that placed something was said to have placed nothing.",
    # orders
    "order_rejected": "An order was not accepted.",
    "order_in_doubt": "An order got no id and may have been placed.",
    "order_status": "An order has a status that is not known here.",
    "order_unread": "An order of an earlier attempt could not be read.",
    "signals_failed": "Something failed for a signal, so that it came to no order.",
    "order_oversized": "An order is larger than the maximum position.",
    "orders_left_out": "Orders of earlier attempts that still work were not read, there are too many.",
    "fill": "More of an order was filled than was ordered.",
    "broker_fill": "The broker says of a fill otherwise than what was booked, and is believed.",
    "fill_said": "A person has said what an order filled.",
    "fill_taken_back": "The gateway says less of a fill than is booked, or another price.",
    "fills_not_known": "It is not known what some orders have filled.",
    # the book
    "provisional": "The base of the book, and its closing, may be set right yet.",
    "base_set_right": "What the book opened from is known by now.",
    "account_beside": "What the account at the broker has besides the book, and whether it is booked.",
    "unpriced": "A position has no price.",
    "possible_split": "A position may have split, which nobody has said.",
    "no_list": "The host of market data has no list of corporate actions.",
    "split": "A split that the broker lists is booked: its account shows it.",
    "split_pending": "A split that the broker lists is not in its account yet.",
    "split_none": "A suspected split was none: the broker lists none and has the book's quantity.",
    "renamed": "A symbol has another name, by the broker's list.",
    "corporate_action": "The broker lists what is no split, and nothing of it is booked.",
    "closings_voided": "Sessions were valued without a split that was said later.",
    "closing_kept": "A session keeps the closing that it was marked at after its close.",
    "several_sessions": "A day P&L is of more than one session.",
    "beside": "A position that is no US share stands beside the book.",
    "quote": "The quote source answered, with something odd.",
    "unexplained": "The book does not tie out.",
    "gateway_differs": "The gateway has another quantity than the book.",
    "broker_differs": "The broker has another quantity, or cash, than the book.",
    "money_other": "Money of the broker's that is neither income nor in or out is in the book.",
    "money_corrected": "The broker has canceled or corrected money that was booked, and so it is booked.",
    "money_waits": "What moved at the broker can't be booked yet.",
    "money_shared": "Another ledger trades the same account, so that its money can't be told apart.",
    "limit_passed": "What is at risk, or was lost, is past a limit that warns.",
    "residual": "What differs between our equity and the broker's has no name, or that is not known.",
}
"""Each code with what it stands for; a code that was once written is never given another meaning."""


OF_ORDERS = frozenset({"order_in_doubt", "order_rejected"})
"""What a list of the orders says beside each of them, with the reason."""


class Finding(NamedTuple):
    """Something that was found out, with what a person may do about it.

    :ivar code: one of `CODES`: what it is, for a program. :ivar text: the sentence that says it, made once.
    :ivar subject: what it is about: a symbol, an order, a session, a service; "" for the day as a whole.
    """

    code: str
    severity: Severity
    subject: str
    text: str
    remedies: tuple[Remedy, ...] = ()


def is_of_an_order(found: Finding) -> bool:
    """Tell whether a list of the orders says all of it."""
    return found.code in OF_ORDERS and not found.remedies


def warning(code: str, text: str, *, subject: str = "", remedies: tuple[Remedy, ...] = ()) -> Finding:
    """Return a finding that wants a person to look."""
    return Finding(code, "warning", subject, text, remedies)


def note(code: str, text: str, *, subject: str = "") -> Finding:
    """Return a finding that is worth saying and wants nobody."""
    return Finding(code, "note", subject, text)


def of_error(error: PaperRunError) -> Finding:
    """Return what failed as a finding."""
    return Finding(error.code, "error", error.subject, str(error), error.remedies)


def texts(found: Iterable[Finding], severity: Severity) -> list[str]:
    """Return the sentences of a severity, each once, in their order."""
    return list(dict.fromkeys(each.text for each in found if each.severity == severity))


def naming(ledger: str, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as a record has them: a command that changes a record names the ledger.

    :param ledger: its id.
    """
    return tuple(
        each._replace(
            remedies=tuple(Remedy(remedy.text, of_ledger(remedy.command, ledger)) for remedy in each.remedies)
        )
        for each in found
    )


def to_json(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as a record has them."""
    return [{**each._asdict(), "remedies": remedies_to_json(each.remedies)} for each in found]


def remedies_to_json(remedies: Iterable[Remedy]) -> list[dict[str, str]]:
    """Return remedies as a record has them."""
    return [{"text": each.text, "command": each.command} for each in remedies]


def from_json(content: Iterable[Any]) -> tuple[Finding, ...]:
    """Read recorded findings; a sentence alone is one of a record from before they had codes.

    :raises ValueError: it is none.
    """
    return tuple(_finding(each) for each in content)


def unclassified(severity: Severity, sentences: Iterable[Any]) -> tuple[Finding, ...]:
    """Return the findings of a record from before they had codes: sentences alone."""
    return tuple(Finding("unclassified", severity, "", str(each)) for each in sentences)


def remedies_from_json(content: Any) -> tuple[Remedy, ...]:
    """Read recorded remedies; a sentence alone is one from before they had commands.

    :raises ValueError: they are none.
    """
    if not isinstance(content, list):
        raise ValueError("remedies are a list")
    return tuple(_remedy(each) for each in content)


def _finding(content: Any) -> Finding:
    if isinstance(content, str):
        return Finding("unclassified", "warning", "", content)
    if not isinstance(content, dict) or content.keys() != set(Finding._fields):
        raise ValueError("a finding is a JSON object with the fields of one")
    texts = [content[name] for name in ("code", "severity", "subject", "text")]
    if not all(isinstance(each, str) for each in texts) or content["severity"] not in get_args(Severity):
        raise ValueError("a finding has a field of another kind")
    return Finding(**{**content, "remedies": remedies_from_json(content["remedies"])})


def _remedy(content: Any) -> Remedy:
    if isinstance(content, str):
        return Remedy(content)
    if not isinstance(content, dict) or not all(
        isinstance(content.get(name), str) for name in Remedy._fields
    ):
        raise ValueError("a remedy is a JSON object with a text and a command")
    return Remedy(content["text"], content["command"])


def listed(names: Sequence[str], most: int, *, by: str = ", ") -> str:
    """Return at most so many names, and the number of the others: `AAPL, MSFT and 3 more`.

    :param by: what parts them, such as "; " where a name may hold a comma.
    """
    shown, others = by.join(names[:most]), unlisted(len(names), most)
    return f"{shown}{' ' if by == ', ' else by}{others}" if others else shown


def counted(number: int, noun: str) -> str:
    """Return how many there are of what a noun in the singular names: `1 order`, `2,520 sessions`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def unlisted(number: int, most: int, what: str = "") -> str:
    """Return how many are more than are listed, "" when all are: `and 1,003 more in the report`.

    :param what: words after it, such as "in the report".
    """
    return f"and {number - most:,} more {what}".rstrip() if number > most else ""
