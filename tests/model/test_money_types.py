"""The broker's types of activities: each that it names is known here, and each list counts as it must."""

import pytest

from paper_run.model import money_types

WAYS = {
    "income": (
        "DIV DIVCGL DIVCGS DIVFEE DIVFT DIVNRA DIVROC DIVTW DIVTXEX DIVWH WH INT INTNRA INTPNL INTTW "
        "FEE CFEE PTC PTR"
    ),
    "cash": "CSD CSW JNLC ACATC",
    "shares": "JNLS ACATS",
    "fraction": "CIL",
    "corporate": "SPLIT REORG SPIN MA NC VOF",
    "other": "CORR MEM OPASN OPEXC OPEXP OPTRD OPCSH EXTRD FXTRD OCT SWP",
}


@pytest.mark.parametrize(
    ("way", "kind"), [(way, kind) for way, kinds in WAYS.items() for kind in kinds.split()]
)
def test_each_type_counts_as_it_must(way: str, kind: str) -> None:
    """And has words of its own, not the broker's letters."""
    found = money_types.of(kind)
    assert (found.way, kind in found.words.split()) == (way, False)


def test_a_type_that_nobody_knows_is_other_money_by_its_name() -> None:
    """It is named, and nothing is guessed from it."""
    assert money_types.of("XYZZY") == ("other", "Activity XYZZY")


def test_every_type_of_the_brokers_own_sdk_is_known() -> None:
    """But the fill, which is no money besides trading."""
    enums = pytest.importorskip("alpaca.trading.enums")
    named = {each.value for each in enums.ActivityType} - {"FILL"}
    assert named - money_types.TYPES.keys() == set()
    assert {each for kinds in WAYS.values() for each in kinds.split()} == money_types.TYPES.keys()
