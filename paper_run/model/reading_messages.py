"""What could not be read, in words: positions, orders, quotes; and what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import (
    DataError,
    DependencyError,
    PaperRunError,
    Remedy,
)
from paper_run.model.commands import ask_for_positions, ours, say_what_came
from paper_run.model.findings import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from paper_run.model.service import Refusal, RefusalCause, ServiceUrl


OF_THE_SIGNATURE: frozenset[RefusalCause] = frozenset({"not_received", "secret", "clock", "name"})
"""Causes that lie in the signature itself."""
_SECRETS = "INTERNAL_TOKEN_SECRET_ORCHESTRATOR or INTERNAL_TOKEN_SECRET"
_LET_READ = Remedy(
    "Or have its operator let it be read: API_AUTH_MODE=log_only in the gateway's environment, then restart "
    "it"
)


def authentication(refusal: Refusal) -> tuple[Remedy, ...]:
    """Say which of secret, clock and name is likely wrong, and what sets it right."""
    return (_of_cause(refusal), _LET_READ)


def _of_cause(refusal: Refusal) -> Remedy:
    match refusal.cause:
        case "unsigned":
            return Remedy(f"Sign what is read: set {_SECRETS} to what the platform's own services have")
        case "secret":
            return Remedy(
                f"The secret is likely another than its own: it goes by {_SECRETS}, and a proxy between must "
                "not change the path"
            )
        case "clock":
            way = "ahead of" if refusal.seconds > 0 else "behind"
            return Remedy(
                f"The clock is likely wrong: this machine's is {abs(refusal.seconds)} s {way} its own, and "
                "300 s are let pass; set the wrong one right",
                "timedatectl set-ntp true",
            )
        case "name":
            return Remedy(
                f"The name is likely wrong: {refusal.name} may not read there; set PAPER_RUN_SERVICE_ID to "
                "orchestrator"
            )
        case "not_received":
            return Remedy("The signature did not arrive: have the proxy between let X-Internal- headers pass")
    return Remedy("Ask its operator, or a proxy's in front of it: the answer is not that of the platform")


def no_book_yet(attempts: list[str]) -> PaperRunError:
    """Say that there is nothing to value as long as it is not known what was placed."""
    named = ", ".join(attempts)
    return DependencyError(
        "Nothing can be valued yet",
        f"A book begins with an attempt that is known to be placed, and what came of {named} is not known.",
        remedies=tuple(remedy for each in attempts for remedy in say_what_came(each)),
        code="outcome_unknown",
        subject=named,
    )


def positions_unreadable(gateway: ServiceUrl, reason: str, refusal: Refusal | None) -> PaperRunError:
    """Say that the positions before the attempt can't be read; without them nothing is sent.

    :param refusal: why the gateway would not be asked; None: it was no matter of who asks.
    """
    said = f"The Execution Gateway at {gateway} {reason} when asked for its positions. Nothing was sent."
    if refusal is not None:
        return _asks_for_authentication(said, refusal, ask_for_positions(gateway))
    return DependencyError(
        "The positions can't be read",
        said,
        remedies=(
            ask_for_positions(gateway),
            Remedy("Check its database and logs", "tail -f logs/execution_gateway.log"),
        ),
        code="positions_unreadable",
    )


def _asks_for_authentication(said: str, refusal: Refusal, *remedies: Remedy) -> PaperRunError:
    return DependencyError(
        "The gateway asks for authentication",
        said,
        remedies=(*authentication(refusal), *remedies),
        code="authentication",
    )


def _mark_when_it_answers() -> Remedy:
    return Remedy("When it answers again, value the session", ours("mark"))


def gateway_unreadable(
    gateway: ServiceUrl, reasons: Sequence[str], *, of_a_mark: bool = False, refusal: Refusal | None
) -> PaperRunError:
    """Say what could not be read after the attempt, or for a mark; see `positions_unreadable`."""
    when = "" if of_a_mark else " after the attempt"
    said = f"The Execution Gateway at {gateway}: {'; '.join(reasons[:5])}."
    if refusal is not None:
        said = f"It could not be read{when}. {said}"
        return _asks_for_authentication(said, refusal, ask_for_positions(gateway), _mark_when_it_answers())
    return DependencyError(
        f"The gateway could not be read{when}",
        said,
        remedies=(
            ask_for_positions(gateway),
            Remedy("Check logs", "tail -f logs/execution_gateway.log"),
            _mark_when_it_answers(),
        ),
        code="gateway_unreadable",
    )


def wrong_gateway(gateway: ServiceUrl, unknown: list[str]) -> PaperRunError:
    """Say that the gateway is not the one that the orchestrator trades with."""
    return DependencyError(
        "The gateway does not know the orders",
        f"The Execution Gateway at {gateway} answers 404 for every one of them: "
        f"{listed(unknown, 5)}. Nothing of what it says was booked.",
        remedies=(
            "Name the gateway that the orchestrator trades with: --execution-gateway-url URL",
            Remedy("Then value the session", ours("mark")),
            Remedy("If the account was wiped, begin a new book", ours("resolve", "--reset")),
        ),
        code="wrong_gateway",
    )


def valued_before(session: date, reasons: tuple[PaperRunError, ...], written: str) -> PaperRunError:
    """Say that a mark read too little to take the place of a whole valuation.

    :param written: what of it is written, a clause.
    """
    return DependencyError(
        f"The session of {session} can't be valued anew",
        f"{' '.join(map(str, reasons))} It was valued whole before: that stays, and {written}.",
        remedies=(Remedy("When what failed answers again", ours("mark")),),
        code="valued_before",
        subject=str(session),
    )


def nothing_to_compare(reasons: list[str], refusal: Refusal | None) -> PaperRunError:
    """Say that the book can't be brought to anybody's quantities; see `positions_unreadable`."""
    said = f"The Execution Gateway: {'; '.join(reasons[:5])}. Nothing was booked."
    again = Remedy("When it answers again, say it again.")
    if refusal is not None:
        return _asks_for_authentication(said, refusal, again)
    return DependencyError(
        "The positions can't be read", said, remedies=(again,), code="positions_unreadable"
    )


def quotes_unreadable(source: ServiceUrl, reasons: tuple[str, ...]) -> PaperRunError:
    """Say that the configured quote source could not be read; positions then have no price."""
    return DependencyError(
        "The quotes could not be read",
        f"The quote source at {source}: {'; '.join(reasons[:5])}. Everything else is saved; what needs a "
        "price is not stated.",
        remedies=(
            _mark_when_it_answers(),
            "Check ALPACA_API_KEY_ID, ALPACA_API_SECRET_KEY and PAPER_RUN_QUOTES_URL",
        ),
        code="quotes_unreadable",
    )


def broker_unreadable(broker: ServiceUrl, reasons: tuple[str, ...]) -> PaperRunError:
    """Say that the broker could not be read: what it alone can tell is not known."""
    return DependencyError(
        "The broker could not be read",
        f"The broker at {broker}: {'; '.join(reasons[:5])}. Nothing is guessed from what is missing.",
        remedies=(
            _mark_when_it_answers(),
            "Check ALPACA_API_KEY_ID, ALPACA_API_SECRET_KEY and ALPACA_BASE_URL, or set PAPER_RUN_BROKER=off",
        ),
        code="broker_unreadable",
    )


def another_account(broker: str, number: str, proven: str) -> PaperRunError:
    """Say that the keys lead to another account than the one whose orders are the book's."""
    return DataError(
        "The account at the broker is another one",
        f"{broker} shows the account {number}, and the orders of this book are in {proven}. Nothing of it is "
        "booked.",
        remedies=(
            "Give the keys of the book's own account: ALPACA_API_KEY_ID, ALPACA_API_SECRET_KEY",
            Remedy(
                "If the account was made anew, end the book: the next one begins with the new account",
                ours("resolve", "--reset"),
            ),
        ),
        code="broker_account",
        subject=number,
    )
