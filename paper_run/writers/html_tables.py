"""The rows of the page's tables as escaped markup: far cheaper than the same loops in a template."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from paper_run.errors import Remedy
from paper_run.model.findings import Finding
from paper_run.writers import cells, text
from paper_run.writers.svg import escaped, escaped_lines

MOST_ORDERS = 500

# Sign, class and words of an outcome: never the colour alone.
ORDER_COUNTS = (
    ("Submitted", "num_orders_submitted", ""),
    ("Accepted", "num_orders_accepted", ""),
    ("Rejected", "num_orders_rejected", "bad"),
    ("In doubt", "num_orders_in_doubt", "unsure"),
    ("Filled", "num_orders_filled", ""),
)
"""The counts of orders: label, name in the document, and the tone of one that is not zero."""

_OUTCOMES = {
    "accepted": ("✓", "good", "accepted"),
    "rejected": ("✕", "bad", "rejected"),
    "in_doubt": ("?", "unsure", "in doubt"),
    "repeat": ("↻", "quiet", "repeat"),
    None: ("–", "quiet", "no order"),
}
_URGENCY = {"in_doubt": 0, "rejected": 1, "accepted": 3, "repeat": 4}
# A signal may well need no order; these reasons say so. Any other one is a problem.
_USUAL_REASONS = ("zero_weight", "qty_less_than_one_share")
_HEALTHY = ("✓", "good")
_UNHEALTHY = ("✕", "bad")


def listed_orders(orders: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the orders the page has room for: problems first, then the largest notional."""
    return sorted(orders, key=_importance)[:MOST_ORDERS]


def order_rows(orders: Sequence[Mapping[str, Any]]) -> str:
    """Return one table row an order or signal, in the order given."""
    return "\n".join(_order_row(order) for order in orders)


def problem_rows(found: Iterable[Finding]) -> str:
    """Return a list item for each finding, in full, line breaks kept, with what a person may do about it."""
    return "\n".join(map(_problem_row, sorted(dict.fromkeys(found), key=lambda each: _ORDER[each.severity])))


_ORDER = {"error": 0, "warning": 1, "note": 2}
_TONES = {"error": ("bad", "Error"), "warning": ("caution", "Warning"), "note": ("quiet", "Note")}


def _problem_row(finding: Finding) -> str:
    tone, kind = _TONES[finding.severity]
    steps = "".join(map(_step, finding.remedies))
    said = f"{escaped_lines(finding.text)}{f'<ul>{steps}</ul>' if steps else ''}"
    return f'<li class="{tone}"><strong>{kind}</strong> <div>{said}</div></li>'


def _step(remedy: Remedy) -> str:
    command = f": <code>{escaped(remedy.command)}</code>" if remedy.command else ""
    return f"<li>{escaped(remedy.text)}{command}</li>"


def health_rows(health: Sequence[Mapping[str, Any]]) -> str:
    """Return one table row a service."""
    return "\n".join(_health_row(service) for service in health)


def service_name(service: str) -> str:
    """Return a service's name as people write it: `signal_service` is `Signal Service`."""
    return service.replace("_", " ").title()


def num_estimated(orders: Sequence[Mapping[str, Any]]) -> int:
    """Return how many accepted orders have a notional by estimate."""
    return sum(
        order.get("outcome") == "accepted" and order.get("price_source") == "estimated" for order in orders
    )


def is_problem(order: Mapping[str, Any]) -> bool:
    """Tell whether an order, or a signal left without one, went wrong."""
    outcome = order.get("outcome")
    if outcome is None:
        reason = order.get("skip_reason")
        return bool(order.get("error_message")) or bool(reason and not str(reason).startswith(_USUAL_REASONS))
    return outcome in ("rejected", "in_doubt")


def _importance(order: Mapping[str, Any]) -> tuple[int, Decimal]:
    outcome = order.get("outcome")
    urgency = _URGENCY.get(outcome) if outcome else (2 if is_problem(order) else 5)
    return (3 if urgency is None else urgency, -(order.get("notional") or Decimal(0)))


def _order_row(order: Mapping[str, Any]) -> str:
    get = order.get
    outcome = get("outcome")
    mark, tone, words = _OUTCOMES.get(outcome, ("?", "unsure", str(outcome)))
    if outcome is None and is_problem(order):
        mark, tone = "!", "bad"
    status = get("status")
    also = f" <small>{escaped(str(status))}</small>" if status and status != words else ""
    source = get("price_source")
    reasons = dict.fromkeys(str(reason) for reason in (get("skip_reason"), get("error_message")) if reason)
    urgent = f' class="{tone}"' if is_problem(order) else ""
    return (
        f"<tr{urgent}>{cells.name(str(get('symbol')))}{cells.words(get('side'))}"
        f'<td><b class="{tone}">{mark}</b> {escaped(words)}{also}</td>'
        f"{cells.number(get('qty'), text.quantity, 6)}{cells.number(get('filled_qty'), text.quantity, 6)}"
        f"{cells.number(get('price'), text.price, 4)}{cells.words(source)}"
        f"{cells.number(get('notional'), text.money, 2)}"
        f"<td>{escaped('; '.join(reasons)) or text.ABSENT}</td>"
        f"{cells.number(get('predicted_return'), text.signed_percent, 4)}"
        f"{cells.number(get('rank'), text.quantity, 6)}"
        f"{cells.number(get('target_weight'), text.signed_percent, 4)}{_identity(order)}</tr>"
    )


def _health_row(service: Mapping[str, Any]) -> str:
    status = str(service.get("status"))
    mark, tone = _HEALTHY if status == "healthy" else _UNHEALTHY
    detail = service.get("detail")
    return (
        f'<tr><th scope="row">{escaped(service_name(str(service.get("service"))))}'
        f"<small>{escaped(str(service.get('url') or text.ABSENT))}</small></th>"
        f'<td><b class="{tone}">{mark}</b> {escaped(status)}'
        f"{f'<small>{escaped(str(detail))}</small>' if detail else ''}</td>"
        f"<td>{text.milliseconds(service.get('latency_ms'))}</td></tr>"
    )


def _identity(order: Mapping[str, Any]) -> str:
    """Return the cell with our order id, the broker's in its title."""
    broker = order.get("broker_order_id")
    title = f' title="broker: {escaped(str(broker))}"' if broker else ""
    return f"<td{title}>{escaped(str(order.get('client_order_id') or text.ABSENT))}</td>"
