"""The sample documents are documents: what the pages are tested with is what a ledger can hold."""

from decimal import Decimal
from itertools import pairwise

import pytest
from builders import days, documents
from support.schema import faults

from paper_run.model.json_text import dumps

HONEST = [name for name in days.DAYS if name != "hostile"]


@pytest.mark.parametrize("day", HONEST)
def test_a_sample_is_as_the_schema_has_it(day):
    """No field is missing, none has another type than the schema says."""
    assert faults(dumps(days.DAYS[day]())) == []


@pytest.mark.parametrize("made", [days.many_orders(60), days.many_positions(60)])
def test_a_large_sample_is_as_the_schema_has_it(made):
    assert faults(dumps(made)) == []


@pytest.mark.parametrize("day", HONEST)
def test_a_sample_adds_up(day):
    """Each bridge holds to the cent, and the totals are the sums of the positions."""
    pnl = days.DAYS[day]()["pnl"]
    for bridge in (pnl["equity"], pnl["since_inception"]) if pnl and pnl["complete"] else ():
        parts = ("opening", "realized", "unrealized_change", "adjustments")
        assert sum((bridge[part] for part in parts), Decimal(0)) == bridge["closing"]
    if pnl and pnl["complete"]:
        assert pnl["total_pnl"] == sum(each["total_pnl"] for each in pnl["positions"])
        assert pnl["day_pnl"] == sum(each["day_pnl"] for each in pnl["positions"])


@pytest.mark.parametrize("day", ["three-parties", "apart"])
def test_a_samples_parties_add_up(day):
    """The parts of the difference are all of it, and the prices' part is the sum of the rows."""
    broker = days.DAYS[day]()["parties"]["broker"]
    equity = broker["equity"]
    rows = [each["price_effect"] for each in broker["positions"] if each["price_effect"] is not None]
    assert sum(rows) == equity["prices"]
    parts = [equity[name] for name in ("prices", "accrued_fees", "rounding", "residual")]
    assert sum(parts) + sum(each["amount"] for each in equity["items"]) == equity["difference"]
    assert equity["ours"] - equity["broker"] == equity["difference"]
    cash = broker["cash"]
    parts = [cash["unexplained"], equity["accrued_fees"], *(each["cash"] for each in equity["items"])]
    assert sum(parts) == cash["ours"] - cash["broker"]
    worth = sum(each["broker_market_value"] for each in broker["positions"])
    assert broker["cash"]["broker"] + worth == equity["broker"]


def test_a_sample_curve_ends_where_its_document_does():
    """Sessions are in order, each day's P&L is the step between two closings, none above its peak."""
    lines = documents.curve(260)
    assert [line.session for line in lines] == sorted({line.session for line in lines})
    assert lines[-1].closing == documents.good_day()["pnl"]["equity"]["closing"]
    assert all(line.closing - before.closing == line.day_pnl for before, line in pairwise(lines))
    assert all(line.drawdown <= 0 for line in lines)
