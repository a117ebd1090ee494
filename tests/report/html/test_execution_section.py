"""The section of execution costs: what is known and what is not, and never a tone that flatters."""

from builders.costs import COSTS, FILLED, WORKING

from paper_run.book.execution import MeanCost
from paper_run.model.costs import Costs
from paper_run.report.html.execution import section


def shown(**changes: object) -> str:
    return section(COSTS._replace(**changes))  # type: ignore[arg-type]


def test_what_is_not_known_is_a_dash_with_its_reason() -> None:
    """The total is none while an order's is not; the sum of the rest, and the order's reason, are said."""
    found = shown()
    assert '<dt>Shortfall</dt><dd class="absent">—</dd>' in found
    assert "Known so far: +$8.00." in found
    assert "the session has not closed" in found
    assert "its fees are not known" in found


def test_a_cost_is_a_loss_and_a_saving_a_gain() -> None:
    """Whatever its sign is called: 8 dollars paid are red, 2 saved are green."""
    found = shown()
    assert '<td class="loss">+$8.00</td>' in found
    assert '<td class="gain">−$2.00</td>' in found


def test_the_mean_says_how_many_sessions_it_needs() -> None:
    """From 20 on it stands there, in dollars and basis points."""
    assert "3.28 bp; a session, without fees" in shown()
    assert "needs 1 more session<" in shown(mean=MeanCost(None, None, 19))
    assert "needs 2 more sessions<" in shown(mean=MeanCost(None, None, 18))


def test_the_wait_is_said_where_it_is_and_once_where_it_is_everywhere() -> None:
    """Of one order below its symbol, of all above the table."""
    waited = FILLED._replace(includes_wait=True)
    one = shown(orders=(waited, WORKING), includes_wait=True)
    assert one.count("includes the wait for the open") == 2
    every = shown(orders=(waited,), includes_wait=True)
    assert every.count("includes the wait for the open") == 1


def test_names_are_escaped_and_long_lists_cut() -> None:
    """Sixty rows, the unknown first, then the largest; the rest is in the CSV."""
    odd = FILLED._replace(symbol="<b>&")
    many: Costs = COSTS._replace(orders=(odd,) * 41)
    found = section(many)
    assert "<b>&" not in found
    assert found.count("&lt;b&gt;&amp;") == 40
    assert "and 1 more in the CSV" in found


def test_a_day_without_orders_has_no_table() -> None:
    """It says why."""
    assert "No order was placed" in shown(orders=(), num_known=0)
