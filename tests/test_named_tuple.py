"""Our `NamedTuple` is typing's in all that the program does with one."""

import copy
import inspect
import pickle
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import paper_run


class Ours(paper_run.NamedTuple):
    """A line."""

    symbol: str
    qty: int = 0
    note: str | None = None

    @property
    def held(self) -> bool:
        """Whether it is held."""
        return self.qty != 0


class Theirs(typing.NamedTuple):
    """A line."""

    symbol: str
    qty: int = 0
    note: str | None = None

    @property
    def held(self) -> bool:
        """Whether it is held."""
        return self.qty != 0


class OurMark(paper_run.NamedTuple):
    """No field."""


VALUES = st.tuples(st.text(), st.integers(), st.none() | st.text())
NAMED = st.dictionaries(st.sampled_from(["symbol", "qty", "note", "_cls", "price"]), st.text(), max_size=4)


def _outcome(made: typing.Callable[[], Any]) -> object:
    try:
        return tuple(made())
    except (TypeError, ValueError) as error:
        return type(error)


@given(st.lists(st.text(), max_size=4), NAMED)
def test_it_takes_the_arguments_that_typings_takes(values: list[str], named: dict[str, str]) -> None:
    """By place, by name, by default; too many, twice, unknown and missing ones are refused."""
    assert _outcome(lambda: Ours(*values, **named)) == _outcome(lambda: Theirs(*values, **named))  # type: ignore[arg-type]
    assert _outcome(lambda: Ours._make(values)) == _outcome(lambda: Theirs._make(values))


@given(VALUES, NAMED)
def test_it_is_changed_as_typings(values: Any, named: dict[str, Any]) -> None:
    """Its copy has the named values; an unknown name is refused."""
    assert _outcome(lambda: Ours(*values)._replace(**named)) == _outcome(
        lambda: Theirs(*values)._replace(**named)
    )


@given(VALUES)
def test_it_is_the_tuple_that_typings_is(values: Any) -> None:
    """The same value, hash, words, fields and order; copied and pickled whole."""
    ours, theirs = Ours(*values), Theirs(*values)
    assert ours == values
    assert theirs == values
    assert hash(ours) == hash(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict()
    assert (ours.symbol, ours.qty, ours.note, ours.held) == (
        theirs.symbol,
        theirs.qty,
        theirs.note,
        theirs.held,
    )
    for same in (copy.copy(ours), copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert same == ours
        assert type(same) is Ours


def test_the_class_is_what_typings_is() -> None:
    """Fields, defaults, signature, words, annotations; matched by place; no room for another attribute."""
    for name in ("_fields", "_field_defaults", "__match_args__", "__doc__", "__annotations__", "__slots__"):
        assert getattr(Ours, name) == getattr(Theirs, name), name
    assert inspect.signature(Ours) == inspect.signature(Theirs)
    assert typing.get_type_hints(Ours) == typing.get_type_hints(Theirs)
    assert type(Ours) is type
    match Ours("AAPL", 3):
        case Ours(symbol, qty):
            assert (symbol, qty) == ("AAPL", 3)
    with pytest.raises(AttributeError):
        Ours("AAPL").price = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        Ours("AAPL").qty = 1  # type: ignore[misc]
    assert OurMark() == ()
    assert repr(OurMark()) == "OurMark()"


def test_a_field_without_a_default_after_one_with_it_is_refused() -> None:
    """As typing refuses it, when the class is made."""
    text = "class Wrong(NamedTuple):\n    qty: int = 0\n    symbol: str\n"
    for maker in (paper_run, typing):
        with pytest.raises(TypeError):
            exec(text, {"NamedTuple": maker.NamedTuple})


def test_a_class_of_one_has_a_method_of_its_own_and_calls_its_base() -> None:
    """A subclass is a tuple of the same fields."""

    class Longer(Ours):
        __slots__ = ()

        def twice(self) -> int:
            return super().held + self.qty * 2

    assert Longer("AAPL", 3).twice() == 7
    assert Longer("AAPL") == Ours("AAPL")
