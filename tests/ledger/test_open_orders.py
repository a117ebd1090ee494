"""Which orders are read again, what of them is booked, and in which words, in a real ledger."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from builders.attempts import begun, order

from paper_run.errors import Remedy
from paper_run.ledger.book import BookPeriod
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.open_orders import MOST_READ
from paper_run.model.findings import Finding
from paper_run.model.order import OrderState
from paper_run.trading.account.order_outcomes import FINAL

DAYS = [date(2025, 1, day) for day in (6, 7, 8, 9, 10, 13)]
MONDAY, TUESDAY, WEDNESDAY = DAYS[:3]
NOW = datetime(2025, 1, 6, 17, 0, tzinfo=UTC)
NAME = "a" * 24
WORKS: dict[str, Any] = {"status": "new", "filled_qty": None, "filled_avg_price": None}


def traded(ledger: Ledger, *states: OrderState, session: date = MONDAY, **changes: Any) -> None:
    """Keep an attempt that placed these orders, and begin a book with it if there is none."""
    row = begun(ledger, session, number=ledger.fences.next_number(session), **changes)
    ledger.attempts.record(row, state="closed", document=row.document, in_doubt=0, states=states)
    if ledger.books.period() is None and (opener := ledger.books.opens_with()) is not None:
        ledger.books.open_period(ledger.attempts.by_id(opener), NOW, priced=True)


def period(ledger: Ledger) -> BookPeriod:
    """Return the book."""
    found = ledger.books.period()
    assert found is not None
    return found


def booked(ledger: Ledger, session: date = MONDAY) -> list[Finding]:
    """Book what is new; return what is odd."""
    return ledger.open_orders.book_fills(period(ledger), session, NOW, FINAL, datetime.date)


def entries(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Return what was booked: kind, symbol, shares, dollars, session, order, and whether it restates."""
    return [
        (each.kind, each.symbol, each.qty, each.dollars, each.effective, each.order, each.restates)
        for each in ledger.books.entries_after(period(ledger))[0]
    ]


def columns(ledger: Ledger, name: str = NAME) -> tuple[Any, ...]:
    """Return what is kept of an order besides what was read."""
    (row,) = ledger.books._rows("SELECT * FROM orders WHERE client_order_id = ?", name)
    return tuple(row[each] for each in ("booked_qty", "booked_dollars", "followed", "contested", "ended_in"))


def names(orders: Any) -> list[str]:
    return [each.name for each in orders]


@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1)])
def test_what_an_order_filled_is_booked_once(ledger: Ledger, side: str, sign: int) -> None:
    """In the session in which it was seen, of its order; nothing comes of a second look."""
    traded(ledger, order(NAME, side=side))
    expected = [("fill", "AAPL", sign * 10, sign * Decimal("1502.50"), "2025-01-06", NAME, False)]
    for _ in range(2):
        assert booked(ledger) == []
        assert entries(ledger) == expected
        assert columns(ledger) == ("10", "1502.50", 0, 0, "2025-01-06")
    (row,) = ledger.books._rows("SELECT * FROM entries")
    assert (row["session"], row["booked_at"], row["note"]) == ("2025-01-06", NOW.isoformat(), None)


def test_an_order_that_works_is_followed_and_its_growth_is_booked(ledger: Ledger) -> None:
    """4 of 10 on Monday, the rest on Tuesday."""
    traded(ledger, order(NAME, status="partially_filled", filled_qty=Decimal(4), filled_avg_price=Decimal(1)))
    booked(ledger)
    assert columns(ledger) == ("4", "4", 1, 0, None)
    ledger.orders.keep_orders([order(NAME, filled_avg_price=Decimal(2))])
    booked(ledger, TUESDAY)
    assert columns(ledger) == ("10", "20", 0, 0, "2025-01-07")
    assert [each[2:5] for each in entries(ledger)] == [(4, 4, "2025-01-06"), (6, 16, "2025-01-07")]


@pytest.mark.parametrize(
    ("changes", "followed"),
    [
        ({"status": "canceled", "filled_qty": None}, 0),
        ({"status": "canceled", "filled_qty": Decimal(3)}, 0),
        ({"status": "filled", "filled_qty": Decimal(10)}, 0),
        ({"status": "filled", "filled_qty": Decimal(9)}, 1),  # called filled at fewer than were ordered
        ({"status": "filled", "filled_qty": None}, 1),
        ({"status": "canceled", "filled_qty": Decimal(3), "filled_avg_price": None}, 1),  # waits for a price
        ({"status": "partially_filled", "filled_qty": Decimal(3)}, 1),
        ({"status": "word_of_next_year", "filled_qty": Decimal(10)}, 1),
    ],
)
def test_an_order_is_followed_until_nothing_more_can_come(
    ledger: Ledger, changes: dict[str, Any], followed: int
) -> None:
    """An end, all the shares, and a price for each."""
    traded(ledger, order(NAME, **changes))
    assert booked(ledger) == []
    assert columns(ledger)[2:] == (followed, 0, None if followed else "2025-01-06")
    assert names(ledger.open_orders.followed()) == ([NAME] if followed else [])


def test_an_order_that_ended_keeps_the_session_in_which_it_did(ledger: Ledger) -> None:
    """Read again two sessions later."""
    traded(ledger, order(NAME))
    booked(ledger)
    traded(ledger, session=TUESDAY)
    traded(ledger, session=WEDNESDAY)
    booked(ledger, WEDNESDAY)
    assert columns(ledger)[4] == "2025-01-06"


def test_of_an_order_that_shrank_nothing_is_booked(ledger: Ledger) -> None:
    """10 that were booked are 4: contested, said with both ways out, and over when the 10 are back."""
    traded(ledger, order(NAME))
    booked(ledger)
    ledger.orders.keep_orders([order(NAME, filled_qty=Decimal(4))])
    assert ledger.open_orders.taken_back() == []
    expected = [
        Finding(
            "fill_taken_back",
            "warning",
            NAME,
            f"buy 10 AAPL ({NAME}): its filled quantity went back from 10 to 4; nothing was booked.",
            (
                Remedy("If the gateway is right", f"paper-run resolve --order {NAME} --filled 4@150.25"),
                Remedy("If what is booked is right", f"paper-run resolve --order {NAME} --filled 10@150.25"),
            ),
        )
    ]
    assert booked(ledger) == expected
    assert columns(ledger) == ("10", "1502.50", 0, 1, "2025-01-06")
    assert ledger.open_orders.taken_back() == expected
    assert len(entries(ledger)) == 1
    ledger.orders.keep_orders([order(NAME)])
    assert booked(ledger, DAYS[5]) == []
    assert (columns(ledger)[3], ledger.open_orders.taken_back()) == (0, [])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "canceled", "filled_qty": None}, "--not-filled"),
        ({"status": "canceled", "filled_qty": Decimal(0)}, "--not-filled"),
        ({"status": "canceled", "filled_qty": Decimal(4), "filled_avg_price": None}, "--not-filled"),
        ({"filled_avg_price": Decimal("149")}, "--filled 10@149"),
    ],
)
def test_what_the_gateway_says_now_is_a_command(ledger: Ledger, changes: dict[str, Any], told: str) -> None:
    """Nothing, or less without a price, or another price."""
    traded(ledger, order(NAME))
    booked(ledger)
    ledger.orders.keep_orders([order(NAME, **changes)])
    (odd,) = booked(ledger)
    assert odd.remedies[0].command == f"paper-run resolve --order {NAME} {told}"


def test_a_contested_order_is_no_working_one(ledger: Ledger) -> None:
    """It ended: what it had is booked, whatever is said of it now."""
    traded(ledger, order(NAME))
    booked(ledger)
    ledger.orders.keep_orders([order(NAME, filled_qty=Decimal(4))])
    booked(ledger)
    assert ledger.open_orders.followed() == []


def test_more_than_was_ordered_is_said(ledger: Ledger) -> None:
    """It is booked, and a warning of its symbol."""
    traded(ledger, order(NAME, filled_qty=Decimal(11)))
    assert booked(ledger) == [
        Finding("fill", "warning", "AAPL", f"buy 10 AAPL ({NAME}): 11 filled, more than the 10 ordered.", ())
    ]
    assert columns(ledger)[::2] == ("11", 0, "2025-01-06")


def test_the_orders_of_a_rehearsal_are_in_no_book(ledger: Ledger) -> None:
    """Neither booked nor followed."""
    traded(ledger, order("b" * 24))
    traded(ledger, order(NAME, **WORKS), session=TUESDAY, rehearsal=True)
    booked(ledger, TUESDAY)
    assert [each[5] for each in entries(ledger)] == ["b" * 24]
    assert ledger.open_orders.followed() == []
    assert ledger.open_orders.order(NAME) is None


def test_the_orders_of_an_ended_book_are_in_no_other(ledger: Ledger) -> None:
    """What it filled later is not read, not booked, not said."""
    traded(ledger, order(NAME, **WORKS))
    assert ledger.open_orders.first_attempt() == 1
    ledger.books.close_period("by ann")
    assert ledger.open_orders.first_attempt() == 2
    traded(ledger, order("b" * 24, **WORKS), session=TUESDAY)
    ledger.books._run("UPDATE orders SET followed = 1")
    ledger.orders.keep_orders([order(NAME)])
    booked(ledger, TUESDAY)
    assert entries(ledger) == []
    assert names(ledger.open_orders.followed()) == ["b" * 24]
    assert names(ledger.open_orders.to_read(TUESDAY, besides=(), all_of_them=False).orders) == ["b" * 24]
    assert ledger.open_orders.order(NAME) is None
    assert ledger.open_orders.first_attempt() == 2


def test_an_order_is_read_again_for_three_sessions_after_its_end(ledger: Ledger) -> None:
    """Of four sessions after it, the fourth lets it be; one that works is read on."""
    traded(ledger, order(NAME), order("b" * 24, **WORKS))
    booked(ledger)
    read = []
    for session in DAYS[1:]:
        traded(ledger, session=session)
        read.append(names(ledger.open_orders.to_read(session, besides=(), all_of_them=False).orders))
    assert read == [*([NAME, "b" * 24],) * 3, ["b" * 24], ["b" * 24]]
    assert names(ledger.open_orders.to_read(MONDAY, besides=(), all_of_them=False).orders) == [
        "b" * 24
    ]  # it ended in this one


def test_sessions_count_that_were_traded_for_real_or_valued(ledger: Ledger) -> None:
    """Not rehearsals, nor attempts that placed nothing."""
    traded(ledger, order(NAME))
    booked(ledger)
    for session in DAYS[1:4]:
        traded(ledger, session=session, rehearsal=True)
    nothing = begun(ledger, DAYS[4])
    ledger.attempts.record(nothing, state="nothing", document=nothing.document, in_doubt=0)
    assert names(ledger.open_orders.to_read(DAYS[5], besides=(), all_of_them=False).orders) == [NAME]
    for session in DAYS[1:5]:
        ledger.books._run(
            "INSERT INTO sessions (epoch, session, entry, complete, opening, realized, gains, traded) "
            "VALUES (1, ?, 0, 0, '0', '0', '0', '0')",
            session.isoformat(),
        )
    assert names(ledger.open_orders.to_read(DAYS[5], besides=(), all_of_them=False).orders) == []


def test_what_was_corrected_after_the_end_is_booked_for_three_sessions(ledger: Ledger) -> None:
    """7 of 10 when it was canceled, 8 the next day."""
    traded(ledger, order(NAME, status="canceled", filled_qty=Decimal(7), filled_avg_price=Decimal(1)))
    booked(ledger)
    traded(ledger, session=TUESDAY)
    ledger.orders.keep_orders(
        [order(NAME, status="canceled", filled_qty=Decimal(8), filled_avg_price=Decimal(1))]
    )
    booked(ledger, TUESDAY)
    assert columns(ledger) == ("8", "8", 0, 0, "2025-01-06")


def test_the_newest_five_hundred_are_read(ledger: Ledger) -> None:
    """The rest is counted; all of them are read on demand."""
    many = [order(f"{at:024}", **WORKS) for at in range(MOST_READ + 2)]
    traded(ledger, *many)
    again = ledger.open_orders.to_read(TUESDAY, besides=(), all_of_them=False)
    assert (names(again.orders), again.more) == ([each.client_order_id for each in many[2:]], 2)
    everything = ledger.open_orders.to_read(TUESDAY, all_of_them=True, besides=())
    assert (len(everything.orders), everything.more) == (MOST_READ + 2, 0)


def test_an_order_as_it_is_followed(ledger: Ledger) -> None:
    """What was ordered, in which session, and what of it has no price yet."""
    state = order(NAME, status="partially_filled", filled_qty=Decimal(4), filled_avg_price=None)
    traded(ledger, state)
    ledger.open_orders.add("AAPL@2025-01-06", 1, "AAPL", "sell", Decimal("1E+1"))
    works, unread = ledger.open_orders.followed()
    assert (works.name, works.symbol, works.side, works.qty) == (NAME, "AAPL", "buy", 10)
    assert (works.session, works.state, works.has_ended, works.unpriced) == (MONDAY, state, False, 4)
    assert (str(works.asked), works.falls_short) == ("buy 10 AAPL", False)
    assert (unread.name, unread.state, unread.unpriced, str(unread.asked)) == (
        "AAPL@2025-01-06",
        None,
        0,
        "sell 10 AAPL",
    )
    assert not unread.falls_short


@pytest.mark.parametrize(
    ("status", "filled", "is_so"),
    [
        ("filled", "10", False),
        ("filled", "11", False),
        ("filled", "9", True),
        ("filled", None, True),
        ("new", "9", False),
    ],
)
def test_an_order_that_is_called_filled_at_fewer_shares(
    ledger: Ledger, status: str, filled: str | None, is_so: bool
) -> None:
    """It falls short."""
    qty = None if filled is None else Decimal(filled)
    traded(ledger, order(NAME, status=status, filled_qty=qty))
    found = ledger.open_orders.order(NAME)
    assert found is not None
    assert found.falls_short is is_so


@pytest.mark.parametrize(
    ("filled", "price", "booked_qty", "unpriced"),
    [("4", None, "0", 4), ("4", "0", "0", 4), ("4", "-1", "0", 4), ("4", "0.5", "0", 0), ("4", None, "3", 1)],
)
def test_what_filled_without_a_price(
    ledger: Ledger, filled: str, price: str | None, booked_qty: str, unpriced: int
) -> None:
    """Of the shares that are not booked; there are never fewer than none."""
    paid = None if price is None else Decimal(price)
    traded(ledger, order(NAME, status="new", filled_qty=Decimal(filled), filled_avg_price=paid))
    ledger.books._run("UPDATE orders SET booked_qty = ?", booked_qty)
    (found,) = ledger.open_orders.followed()
    assert found.unpriced == unpriced
    ledger.books._run("UPDATE orders SET booked_qty = '5'")
    assert ledger.open_orders.followed()[0].unpriced == 0


def test_an_order_that_ended_is_known_as_such(ledger: Ledger) -> None:
    """By its name."""
    traded(ledger, order(NAME))
    booked(ledger)
    found = ledger.open_orders.order(NAME)
    assert found is not None
    assert found.has_ended
    assert ledger.open_orders.order("nobody's") is None


def test_an_order_is_followed_again(ledger: Ledger) -> None:
    """The gateway says otherwise of it than it did; a person's word stays."""
    traded(ledger, order(NAME), order("b" * 24))
    booked(ledger)
    ledger.open_orders.say("b" * 24, Decimal(10), Decimal(1), "by ann")
    booked(ledger)
    ledger.open_orders.follow_again([NAME, "b" * 24])
    assert names(ledger.open_orders.followed()) == [NAME]


@pytest.mark.parametrize(
    ("qty", "price", "text"),
    [
        ("4", "9.50", "4 filled at 9.50, said by ann; it was booked as 10 at 150.25 before."),
        ("0", None, "nothing filled, said by ann; it was booked as 10 at 150.25 before."),
        ("10", "150.25", "10 filled at 150.25, said by ann; it was booked as 10 at 150.25 before."),
    ],
)
@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1)])
def test_what_a_person_says_takes_the_place_of_what_was_booked(
    ledger: Ledger, side: str, sign: int, qty: str, price: str | None, text: str
) -> None:
    """Once, with who said it; where it is what was booked there is nothing to book."""
    traded(ledger, order(NAME, side=side))
    booked(ledger)
    said = Decimal(qty), None if price is None else Decimal(price)
    ledger.open_orders.say(NAME, *said, "by ann")
    name = f"{side} 10 AAPL ({NAME})"
    assert booked(ledger, TUESDAY) == [Finding("fill_said", "note", NAME, f"{name}: {text}", ())]
    assert booked(ledger, TUESDAY) == []
    dollars = said[0] * (said[1] or 0)
    new = [("fill", "AAPL", sign * said[0], sign * dollars, "2025-01-06", NAME, True)]
    assert entries(ledger)[1:] == ([] if qty == "10" else new)
    assert columns(ledger) == (qty, str(dollars), 0, 0, None)
    notes = [row["note"] for row in ledger.books._rows("SELECT note FROM entries")]
    assert notes == [None, *["by ann"] * len(entries(ledger)[1:])]
    # The gateway's word is not asked for any more.
    ledger.orders.keep_orders([order(NAME, side=side, filled_qty=Decimal(7))])
    assert (booked(ledger, TUESDAY), ledger.open_orders.followed()) == ([], [])
    assert ledger.open_orders.to_read(WEDNESDAY, besides=(), all_of_them=False).orders == ()


def test_what_a_person_says_of_an_order_that_nothing_was_booked_of(ledger: Ledger) -> None:
    """One that has no id: it is booked in the session of its attempt."""
    traded(ledger)
    ledger.open_orders.add("MSFT@2025-01-06", 1, "MSFT", "buy", Decimal("1E+1"))
    ledger.open_orders.add("MSFT@2025-01-06", 1, "MSFT", "sell", Decimal(5))  # it is there already
    ledger.open_orders.say("MSFT@2025-01-06", Decimal(10), Decimal("2E+1"), "by ann")
    (said,) = booked(ledger, WEDNESDAY)
    assert said.text == (
        "buy 10 MSFT (MSFT@2025-01-06): 10 filled at 20, said by ann; it was not booked before."
    )
    assert entries(ledger) == [("fill", "MSFT", 10, 200, "2025-01-06", "MSFT@2025-01-06", True)]
    found = ledger.open_orders.order("MSFT@2025-01-06")
    assert found is not None
    assert found.state is not None
    assert (found.state.filled_qty, found.state.filled_avg_price, found.unpriced) == (10, 20, 0)


def test_what_a_person_says_of_one_order_is_not_of_the_next(ledger: Ledger) -> None:
    """It is booked, and what the gateway says of the other; until then it has ended, and does not work."""
    traded(ledger, order(NAME, **WORKS), order("b" * 24))
    ledger.open_orders.say(NAME, Decimal(4), Decimal(1), "by ann")
    found = ledger.open_orders.order(NAME)
    assert found is not None
    assert found.has_ended
    booked(ledger)
    assert [(each[5], each[2]) for each in entries(ledger)] == [(NAME, 4), ("b" * 24, 10)]


def test_dust_is_said_without_exponents(ledger: Ledger) -> None:
    """A hundred-millionth of a share, at as little."""
    dust = Decimal("0.00000001")
    traded(ledger, order(NAME, qty=dust, filled_qty=dust, filled_avg_price=dust))
    booked(ledger)
    found = ledger.open_orders.order(NAME)
    assert found is not None
    assert str(found.asked) == "buy 0.00000001 AAPL"
    ledger.orders.keep_orders([order(NAME, qty=dust, filled_qty=dust, filled_avg_price=3 * dust)])
    (odd,) = booked(ledger)
    assert [each.command for each in odd.remedies] == [
        f"paper-run resolve --order {NAME} --filled 0.00000001@{price}"
        for price in ("0.00000003", "0.00000001")
    ]
    ledger.open_orders.say(NAME, dust, 2 * dust, "by ann")
    (said,) = booked(ledger)
    assert said.text == (
        f"buy 0.00000001 AAPL ({NAME}): 0.00000001 filled at 0.00000002, said by ann; it was booked as "
        "0.00000001 at 0.00000001 before."
    )


def test_what_a_person_says_ends_what_the_gateway_took_back(ledger: Ledger) -> None:
    """It is not contested any more."""
    traded(ledger, order(NAME))
    booked(ledger)
    ledger.orders.keep_orders([order(NAME, filled_qty=Decimal(4))])
    booked(ledger)
    ledger.open_orders.say(NAME, Decimal(4), Decimal("150.25"), "by ann")
    assert ledger.open_orders.taken_back() == []
    assert columns(ledger)[3] == 0


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_what_a_person_says_keeps_every_digit(ledger: Ledger, side: str) -> None:
    """A quantity and a price of more digits than a calculator has."""
    traded(ledger, order(NAME, side=side))
    qty, price = Decimal("1234567.123456789"), Decimal("9.8765432109876543210987")
    ledger.open_orders.say(NAME, qty, price, "by ann")
    booked(ledger)
    (entry,) = ledger.books.entries_after(period(ledger))[0]
    sign = 1 if side == "buy" else -1
    assert Fraction(entry.dollars) == sign * Fraction(qty) * Fraction(price)


@pytest.mark.parametrize(
    ("filled_at", "effective"),
    [
        (None, "2025-01-08"),
        (datetime(2025, 1, 7, 15, tzinfo=UTC), "2025-01-07"),
        (datetime(2025, 1, 3, 15, tzinfo=UTC), "2025-01-06"),  # not before its attempt
        (datetime(2025, 2, 3, 15, tzinfo=UTC), "2025-01-08"),  # not after it was seen
    ],
)
def test_a_fill_takes_effect_when_it_filled(
    ledger: Ledger, filled_at: datetime | None, effective: str
) -> None:
    """Seen on Wednesday, of Monday's trade."""
    traded(ledger, order(NAME, filled_at=filled_at))
    booked(ledger, WEDNESDAY)
    assert [each[4] for each in entries(ledger)] == [effective]


def test_what_is_odd_is_said_without_exponents(ledger: Ledger) -> None:
    """The wire may write 10 as 1E+1."""
    traded(ledger, order(NAME, qty=Decimal("1E+1"), filled_avg_price=Decimal("1E+2")))
    booked(ledger)
    ledger.orders.keep_orders([order(NAME, filled_qty=Decimal("1E+1"), filled_avg_price=Decimal("2E+2"))])
    (odd,) = booked(ledger)
    assert odd.text.startswith(f"buy 10 AAPL ({NAME}): the price of its 10 went from 100 to 200")
    assert [each.command for each in odd.remedies] == [
        f"paper-run resolve --order {NAME} --filled 10@{price}" for price in (200, 100)
    ]
