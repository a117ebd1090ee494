"""Fences and numbers: at most one attempt closes a session, and each has a number of its own."""

from datetime import timedelta

import pytest
from builders.attempts import begun, close
from builders.moments import SESSION

from paper_run.errors import DataError, OrchestrationError
from paper_run.ledger.ledger import Ledger

NEXT = SESSION + timedelta(days=3)


def test_a_fence_and_a_number_are_one_attempt_s(ledger: Ledger) -> None:
    """Another with either is refused, whatever was read before; one that is free is not."""
    begun(ledger)
    for fence, number in ((str(SESSION), 2), (None, 1)):
        with pytest.raises(OrchestrationError) as refused:
            ledger.fences.refuse_taken(fence, SESSION, number)
        assert (refused.value.code, refused.value.subject) == ("traded_meanwhile", str(SESSION))
    ledger.fences.refuse_taken(f"{SESSION} after 1", SESSION, 2)
    ledger.fences.refuse_taken(str(NEXT), NEXT, 1)


def test_what_comes_to_nothing_gives_no_number(ledger: Ledger) -> None:
    """A number that was read inside a transaction is forgotten with it."""
    row = close(ledger, begun(ledger), "nothing")

    def comes_to_nothing() -> None:
        with ledger.transaction():
            begun(ledger)
            ledger.fences.renumber(row)
            assert (ledger.fences.next_number(SESSION), ledger.fences.newest(SESSION)) == (2, 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        comes_to_nothing()
    assert (ledger.fences.next_number(SESSION), ledger.fences.newest(SESSION)) == (1, 1)
    assert ledger.attempts.by_id(row.id) == row


def test_a_session_set_aside_is_open(ledger: Ledger) -> None:
    """Its fence is free at once, for whoever has read the attempts before too."""
    row = begun(ledger)
    assert ledger.fences.traded_after(SESSION - timedelta(days=1)) == [SESSION]
    ledger.fences.set_aside(SESSION, "by jo")
    assert ledger.fences.traded_after(SESSION - timedelta(days=1)) == []
    assert (ledger.attempts.by_id(row.id).fence, ledger.attempts.by_id(row.id).wrong_date) == (None, "by jo")
    ledger.fences.refuse_taken(str(SESSION), SESSION, 2)


def test_an_attempt_that_placed_nothing_gives_its_number_back(ledger: Ledger) -> None:
    """The next attempt is a row of its own under the same name, and that name now means the latest."""
    assert ledger.fences.next_number(SESSION) == 1
    first = close(ledger, begun(ledger), "nothing")
    assert ledger.fences.next_number(SESSION) == 1
    second = begun(ledger)
    assert (first.name, second.name) == ("2025-01-17", "2025-01-17")
    assert first.id != second.id
    assert ledger.attempts.numbered(SESSION, 1) == second
    assert [row.id for row in ledger.attempts.of_session(SESSION)] == [first.id, second.id]
    with pytest.raises(DataError):
        close(ledger, first)
    assert ledger.attempts.by_id(first.id) == first


@pytest.mark.parametrize("state", ["sent", "unsettled", "answered", "closed"])
def test_every_other_attempt_keeps_its_number(ledger: Ledger, state: str) -> None:
    """Also one of which nothing is known."""
    row = begun(ledger)
    if state != "sent":
        close(ledger, row, state)
    assert ledger.fences.next_number(SESSION) == 2
    assert ledger.fences.next_number(NEXT) == 1


def test_rehearsals_have_numbers_too(ledger: Ledger) -> None:
    """Each is kept as the next number."""
    close(ledger, begun(ledger, rehearsal=True))
    assert ledger.fences.next_number(SESSION) == 2


def test_a_number_is_not_given_twice_when_a_smaller_one_is_free(ledger: Ledger) -> None:
    """An earlier attempt found to have placed nothing leaves a gap; the next number is still a new one."""
    first = begun(ledger, rehearsal=True)
    begun(ledger, number=2)
    close(ledger, first, "nothing")
    assert ledger.fences.next_number(SESSION) == 3
