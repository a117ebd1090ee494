"""Which fills are not known, to the minute, and the words in which it is said; of a real ledger."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders.attempts import begun, order, signal
from builders.moments import SESSION

from paper_run.book.holdings import Entry
from paper_run.errors import Remedy
from paper_run.ledger.ledger import Ledger
from paper_run.model.book_figures import NotKnown
from paper_run.model.calendar import Calendar, ClosedDays, exchange_time
from paper_run.model.commands import order_remedies, ours, say_what_came
from paper_run.model.order import BROKER
from paper_run.trading.account import not_known

CALENDAR = Calendar(lambda year: ClosedDays(year, {}, {}, "nobody"), exchange="XNYS")
NAME = "a" * 24
MONDAY, TUESDAY = date(2025, 1, 20), date(2025, 1, 21)
WORKS: dict[str, Any] = {"status": "new", "filled_qty": None, "filled_avg_price": None}
MARKET = {**WORKS, "order_type": "market", "created_at": "2025-01-17T17:00:00Z"}
LIMIT = {**WORKS, "order_type": "limit", "limit_price": Decimal("0.5"), "created_at": "2025-01-17T17:00:00Z"}
ENDED, LATER = (f"it still works after the close of 2025-01-{day}" for day in (17, 20))
FIFTEEN = "it still works 15 minutes into an open session"
"""2025-01-17 is a Friday; New York is at UTC-5, so a session is from 14:30 to 21:00 UTC."""


def at(text: str) -> datetime:
    """Return a moment of UTC on the exchange's clock."""
    return exchange_time(datetime.fromisoformat(text).replace(tzinfo=UTC), "XNYS")


def closed(ledger: Ledger, *states: Any, session: date = SESSION) -> None:
    """Keep an attempt that placed these orders."""
    row = begun(ledger, session, number=ledger.fences.next_number(session))
    ledger.attempts.record(row, state="closed", document=row.document, in_doubt=0, states=states)


def asked(folder: Path, now: str, *states: Any, read: not_known.Told | None = None) -> tuple[NotKnown, ...]:
    """Return what is not known of these orders at a moment."""
    with Ledger(folder) as ledger:
        closed(ledger, *states)
        return not_known.at(ledger, CALENDAR, at(now), read=read)


@pytest.mark.parametrize(
    ("changes", "now", "why"),
    [
        # submitted at 17:00 in an open session: until 17:15
        (MARKET, "2025-01-17T17:14:59", None),
        (MARKET, "2025-01-17T17:15:00", FIFTEEN),
        ({**MARKET, "order_type": None}, "2025-01-17T17:15:00", FIFTEEN),
        ({**MARKET, "created_at": "2025-01-17T17:00:00"}, "2025-01-17T17:15:00", FIFTEEN),  # no zone: UTC
        ({**MARKET, "created_at": "2025-01-17T12:00:00-05:00"}, "2025-01-17T17:15:00", FIFTEEN),
        ({**MARKET, "created_at": "2025-01-17T12:00:00-05:00"}, "2025-01-17T17:14:59", None),
        # submitted before the opening at 14:30: until 14:45
        ({**MARKET, "created_at": "2025-01-17T13:00:00Z"}, "2025-01-17T14:44:59", None),
        ({**MARKET, "created_at": "2025-01-17T13:00:00Z"}, "2025-01-17T14:45:00", FIFTEEN),
        # no time that can be read: as from the opening
        ({**MARKET, "created_at": None}, "2025-01-17T14:44:59", None),
        ({**MARKET, "created_at": "noon"}, "2025-01-17T14:45:00", FIFTEEN),
        # a limit, whether its type is told or not, works all day and no longer
        (LIMIT, "2025-01-17T20:59:59", None),
        (LIMIT, "2025-01-17T21:00:00", ENDED),
        ({**LIMIT, "order_type": None}, "2025-01-17T20:59:59", None),
        ({**LIMIT, "order_type": "market"}, "2025-01-17T20:59:59", FIFTEEN),
        (
            {**LIMIT, "time_in_force": "day"},
            "2025-01-17T21:00:00",
            ENDED,
        ),
        ({**LIMIT, "time_in_force": "gtc"}, "2025-01-24T17:00:00", None),
        # a stop has no limit, and is no market order until it is reached
        ({**MARKET, "order_type": "stop"}, "2025-01-17T20:59:59", None),
        # a market order that is good till cancelled: nothing while the exchange is closed
        ({**MARKET, "time_in_force": "gtc"}, "2025-01-17T23:00:00", None),
        ({**MARKET, "time_in_force": "gtc"}, "2025-01-18T17:00:00", None),
        ({**MARKET, "time_in_force": "gtc"}, "2025-01-20T14:44:59", None),
        ({**MARKET, "time_in_force": "gtc"}, "2025-01-20T14:45:00", FIFTEEN),
        (MARKET, "2025-01-17T21:00:00", ENDED),
        # submitted at the close, after it, or on a Saturday: Monday's is the first session that ends after it
        (
            {**LIMIT, "created_at": "2025-01-17T20:59:59Z"},
            "2025-01-17T21:00:00",
            ENDED,
        ),
        ({**LIMIT, "created_at": "2025-01-17T21:00:00Z"}, "2025-01-20T20:59:59", None),
        (
            {**LIMIT, "created_at": "2025-01-17T22:00:00Z"},
            "2025-01-20T21:00:00",
            LATER,
        ),
        ({**LIMIT, "created_at": "2025-01-18T17:00:00Z"}, "2025-01-20T20:59:59", None),
        (
            {**LIMIT, "created_at": "2025-01-18T17:00:00Z"},
            "2025-01-20T21:00:00",
            LATER,
        ),
    ],
)
def test_how_long_an_order_may_work(
    tmp_path: Path, changes: dict[str, Any], now: str, why: str | None
) -> None:
    """A market order 15 minutes of an open session, a day order until the close, others as they may."""
    found = asked(tmp_path, now, order(NAME, **changes))
    if why is None:
        assert found == ()
        return
    about = f"buy 10 AAPL ({NAME})"
    assert found == (NotKnown("working", NAME, ("AAPL",), about, why, order_remedies(NAME)),)


def test_how_long_an_order_may_work_by_the_brokers_own_word(tmp_path: Path) -> None:
    """It knows best why a market order waits in an open session; an order of the day ends all the same."""
    told = not_known.Told((), (NAME,))
    with Ledger(tmp_path) as ledger:
        closed(ledger, order(NAME, **MARKET))
        ledger.orders.keep_told(order(NAME, **MARKET, told_by=BROKER))
        assert not_known.at(ledger, CALENDAR, at("2025-01-17T20:59:59"), read=told) == ()
        (found,) = not_known.at(ledger, CALENDAR, at("2025-01-17T21:00:00"), read=told)
    assert (found.kind, found.why) == ("overdue", ENDED)
    (said,) = not_known.found_out([found], has_broker=True)
    assert said.remedies[0] == Remedy("Once it has, value the session", ours("mark"))
    assert "the broker has not ended it yet" in said.text


def test_an_order_that_was_not_read_is_not_known(tmp_path: Path) -> None:
    """Asked and not told: whatever it was before; not asked, what it said last stands."""
    works = order(NAME, **LIMIT)
    (found,) = asked(tmp_path, "2025-01-17T17:00:00", works, read=not_known.Told((), (NAME,)))
    assert (found.kind, found.why) == ("unread", "it could not be read")
    with Ledger(tmp_path) as ledger:
        assert (
            not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00"), read=not_known.Told([NAME], ())) == ()
        )
        assert not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00")) == ()


def test_an_order_that_never_was_read_is_not_known(tmp_path: Path) -> None:
    """The orchestrator named it, and the gateway has not told of it yet."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
        ledger.attempts.record(
            row, state="closed", document=row.document, in_doubt=0, mappings=[signal(NAME)]
        )
        (found,) = not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00"))
        assert (found.kind, found.name, found.why) == ("unread", NAME, "it could not be read")


def test_a_fill_without_a_price_is_not_known(tmp_path: Path) -> None:
    """What waits for a price, and the order by its name; in figures without an exponent."""
    waits = order(NAME, status="partially_filled", filled_qty=Decimal("1E-7"), filled_avg_price=None)
    (found,) = asked(tmp_path, "2025-01-17T17:00:00", waits)
    assert (found.kind, found.why) == ("unpriced", "0.0000001 filled without a price")


@pytest.mark.parametrize("filled", [None, Decimal(0)])
def test_an_order_that_is_filled_of_nothing_is_not_known(tmp_path: Path, filled: Decimal | None) -> None:
    """At once: nobody says of how many shares."""
    (found,) = asked(tmp_path, "2025-01-17T17:00:00", order(NAME, filled_qty=filled))
    assert (found.kind, found.why) == ("uncounted", "it is filled, with no number of shares")


@pytest.mark.parametrize("status", ["canceled", "filled"])
def test_an_order_that_has_ended_is_known(tmp_path: Path, status: str) -> None:
    """However long ago: the next run or mark books it."""
    assert asked(tmp_path, "2025-01-24T17:00:00", order(NAME, status=status)) == ()


def test_an_order_that_is_filled_at_fewer_shares_may_work(tmp_path: Path) -> None:
    """9 of 10: until a market order must have filled."""
    short = order(NAME, **{**MARKET, "status": "filled"})
    short = short._replace(filled_qty=Decimal(9), filled_avg_price=Decimal(1))
    with Ledger(tmp_path) as ledger:
        closed(ledger, short)
        ledger.books._run("UPDATE orders SET booked_qty = '9', booked_dollars = '9'")
        assert not_known.at(ledger, CALENDAR, at("2025-01-17T17:14:59")) == ()
        (found,) = not_known.at(ledger, CALENDAR, at("2025-01-17T17:15:00"))
        assert (found.kind, found.why) == ("working", FIFTEEN)


def test_an_attempt_is_not_known(tmp_path: Path) -> None:
    """Of none of the symbols that it may have traded."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
        ledger.attempts.record(row, state="unsettled", document=row.document, in_doubt=0)
        (found,) = not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00"))
        assert found == NotKnown(
            kind="attempt",
            name="2025-01-17",
            symbols=("AAPL", "MSFT", "GOOGL"),
            about="the attempt 2025-01-17",
            why="what it placed is not known",
            remedies=say_what_came("2025-01-17", None),
        )
        period = ledger.books.open_period(ledger.attempts.by_id(1), row.started_at, priced=True)
        said = Entry("adjustment", "AAPL", Decimal(1), Decimal(9))
        ledger.books.append(period, SESSION, [said], row.started_at + timedelta(minutes=1))
        assert not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00")) == (found,)


def test_a_word_for_each_symbol() -> None:
    """Two reasons at most, and how many there are besides."""
    said = [NotKnown("unread", f"n{at}", ("A",), f"order {at}", "why", ()) for at in range(4)]
    both = NotKnown("attempt", "t", ("A", "B"), "the attempt t", "so", ())
    assert not_known.by_symbol([]) == {}
    assert not_known.by_symbol([both]) == {"A": "the attempt t: so", "B": "the attempt t: so"}
    assert not_known.by_symbol(said[:2]) == {"A": "order 0: why; order 1: why"}
    assert not_known.by_symbol(said[:3]) == {"A": "order 0: why; order 1: why; and 1 more"}
    assert not_known.by_symbol([*said, both]) == {
        "A": "order 0: why; order 1: why; and 3 more",
        "B": "the attempt t: so",
    }


def _said(kind: Any, count: int) -> list[NotKnown]:
    return [
        NotKnown(kind, f"n{at}", (f"S{at}",), f"buy 1 S{at} (n{at})", "why", order_remedies(f"n{at}"))
        for at in range(count)
    ]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (
            "working",
            "A market order fills within seconds, and a day order ends with its session: the gateway was "
            "not told. It hears of a fill only when the broker can call it (a webhook, at a public address).",
        ),
        ("unread", "The broker, or without one the gateway, was asked for them and did not tell."),
        ("unpriced", "The gateway says that they filled, and not at which price."),
        ("uncounted", "The gateway calls them filled, and does not say of how many shares."),
    ],
)
def test_a_finding_for_each_kind(kind: str, cause: str) -> None:
    """What, why, the usual cause and the cure: one by its name, several also by the list."""
    (one,) = not_known.found_out(_said(kind, 1), has_broker=True)
    assert (one.code, one.severity, one.subject) == ("fills_not_known", "warning", "n0")
    assert one.text == (
        f"The fills are not known of buy 1 S0 (n0), why. {cause} Until somebody tells, no figure of S0 is "
        "stated, nor a total."
    )
    webhook = ["Give the gateway a public address for the broker's webhook: from then on it is told"]
    cures = [each.text for each in one.remedies]
    named = [each.text for each in order_remedies("n0")]
    assert cures == (webhook if kind == "working" else []) + named
    (unread,) = not_known.found_out(_said(kind, 1), has_broker=False)
    assert ("ALPACA_API_KEY_ID" in unread.remedies[0].text) is (kind == "working")
    (many,) = not_known.found_out(_said(kind, 7), has_broker=True)
    five = "; ".join(f"buy 1 S{at} (n{at}), why" for at in range(5))
    assert many.text == (
        f"The fills are not known of {five}; and 2 more. {cause} Until somebody tells, no figure of "
        "S0, S1, S2, S3, S4 and 2 more is stated, nor a total."
    )
    assert (many.remedies[-1].text, str(many.remedies[-1].command)) == (
        "Each that is open, with its command",
        str(ours("resolve")),
    )
    assert (many.subject, [each.text for each in many.remedies][:-1]) == ("n0", cures)
    assert many.remedies[-2].command == order_remedies("n0")[-1].command
    (two,) = not_known.found_out(_said(kind, 2), has_broker=True)
    assert two.remedies == many.remedies
    (five_of_them,) = not_known.found_out(_said(kind, 5), has_broker=True)
    assert " more" not in five_of_them.text


def test_each_kind_is_said_once_and_doubts_elsewhere() -> None:
    """Of doubts and attempts it is said anyhow that they are open."""
    found = [*_said("unread", 2), *_said("doubt", 1), *_said("attempt", 1), *_said("unpriced", 1)]
    assert [each.text.split("(")[0] for each in not_known.found_out(found, has_broker=True)] == [
        "The fills are not known of buy 1 S0 ",
        "The fills are not known of buy 1 S0 ",
    ]
    assert not_known.found_out([], has_broker=True) == []


def test_a_mark_that_values_nothing_says_why() -> None:
    """The symbols, by name; the cure of each stands with the warning that says why."""
    failed = not_known.failure([*_said("working", 1), *_said("unread", 2)])
    assert " ".join(str(failed).split()) == (
        "The fills of S0, S1 are not known. The warnings say why, and what to do. "
        "What needs them is not stated."
    )
    assert (failed.code, failed.subject) == ("fills_not_known", "S0")
    attempt = NotKnown("attempt", "t", ("MSFT", "AAPL"), "the attempt t", "so", ())
    assert not_known.failure([attempt]).subject == "MSFT"
    assert [str(each) for each in failed.remedies] == [
        "Each that is open, with its command: paper-run resolve"
    ]


def doubtful(**changes: Any) -> str:
    """Return a result with an order of 100 AAPL in doubt, and one that is none."""
    said = {"symbol": "AAPL", "side": "buy", "qty": 100, "client_order_id": None, "skip_reason": None}
    orders = [{**said, "outcome": "in_doubt", **changes}, {**said, "symbol": "MSFT", "outcome": "accepted"}]
    return json.dumps({"orders": orders})


@pytest.mark.parametrize(
    ("changes", "name", "why"),
    [
        ({}, "AAPL@2025-01-17", "it is in doubt"),
        ({"skip_reason": "submission_failed: 503"}, "AAPL@2025-01-17", "submission_failed: 503"),
        ({"client_order_id": NAME, "error_message": "cut off", "skip_reason": "503"}, NAME, "cut off"),
    ],
)
def test_an_order_in_doubt_is_not_known(tmp_path: Path, changes: dict[str, Any], name: str, why: str) -> None:
    """By its id, or its symbol and session; with the reason that was given."""
    with Ledger(tmp_path) as ledger:
        document = doubtful(**changes).replace('"qty": 100', '"qty": 1E+2')
        ledger.attempts.record(begun(ledger), state="closed", document=document, in_doubt=1)
        (found,) = not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00"))
        about = f"buy 100 AAPL ({name})"
        assert found == NotKnown("doubt", name, ("AAPL",), about, why, order_remedies(name))
        assert not_known.by_symbol([found]) == {"AAPL": f"{about}: it is in doubt"}


def test_a_book_that_was_ended_takes_its_doubts_with_it(tmp_path: Path) -> None:
    """Neither its orders in doubt nor its attempts are the next book's; a rehearsal's never were one's."""
    noon = at("2025-01-17T17:00:00")
    with Ledger(tmp_path) as ledger:
        ledger.attempts.record(begun(ledger), state="closed", document=doubtful(), in_doubt=1)
        attempt = begun(ledger, MONDAY)
        ledger.attempts.record(attempt, state="unsettled", document=attempt.document, in_doubt=0)
        assert [each.kind for each in not_known.at(ledger, CALENDAR, noon)] == ["doubt", "attempt"]
        ledger.books.open_period(ledger.attempts.by_id(1), noon, priced=True)
        assert [each.kind for each in not_known.at(ledger, CALENDAR, noon)] == ["doubt", "attempt"]
        ledger.books.close_period("by ann")
        assert not_known.at(ledger, CALENDAR, noon) == ()
        rehearsed = begun(ledger, TUESDAY, rehearsal=True)
        ledger.attempts.record(rehearsed, state="closed", document=doubtful(), in_doubt=1)
        assert not_known.at(ledger, CALENDAR, noon) == ()
        later = begun(ledger, TUESDAY + timedelta(days=1))
        ledger.attempts.record(later, state="unsettled", document=later.document, in_doubt=0)
        assert [each.name for each in not_known.at(ledger, CALENDAR, noon)] == ["2025-01-22"]


def test_an_attempt_that_was_settled_ends_symbol_by_symbol(tmp_path: Path) -> None:
    """A person said that it was placed, and has brought AAPL to the gateway's quantity since."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
        ledger.attempts.record(row, state="closed", how_known="by jo", document=row.document, in_doubt=0)
        period = ledger.books.open_period(ledger.attempts.by_id(1), row.started_at, priced=True)
        (found,) = not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00"))
        assert found.symbols == ("AAPL", "MSFT", "GOOGL")
        for symbol, when in (("AAPL", row.started_at + timedelta(minutes=1)), ("MSFT", row.started_at)):
            said = Entry("adjustment", symbol, Decimal(1), Decimal(9))
            ledger.books.append(period, SESSION, [said], when)
        (found,) = not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00"))
        assert (found.kind, found.symbols, found.why) == (
            *("attempt", ("MSFT", "GOOGL")),
            "what it placed is not known",
        )
        (remedy,) = found.remedies
        command = ours("resolve", "--position", "MSFT", "--position", "GOOGL")
        assert remedy == Remedy("If what the broker has, else the gateway, is right", command)
        for symbol in found.symbols:
            said = Entry("adjustment", symbol, Decimal(1), Decimal(9))
            ledger.books.append(period, SESSION, [said], row.started_at + timedelta(minutes=1))
        assert not_known.at(ledger, CALENDAR, at("2025-01-17T17:00:00")) == ()
