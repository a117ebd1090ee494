"""The rows of the page's tables as escaped markup: far cheaper than the same loops in a template."""

from collections.abc import Iterable, Sequence

from paper_run.errors import Remedy
from paper_run.model.findings import Finding
from paper_run.model.order import Order
from paper_run.model.result import HealthRow
from paper_run.model.service import service_title
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.svg import escaped, escaped_lines
from paper_run.report.summary.headline import is_problem

# Sign ("": the tone's own), class and words of an outcome.
_OUTCOMES = {
    "accepted": ("", "good", "accepted"),
    "rejected": ("", "bad", "rejected"),
    "in_doubt": ("", "unsure", "in doubt"),
    "repeat": ("↻", "quiet", "repeat"),
    None: ("–", "quiet", "no order"),
}


def order_rows(orders: Sequence[Order]) -> list[str]:
    """Return one table row an order or signal, in the order given."""
    return [_order_row(order) for order in orders]


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


def health_rows(health: Sequence[HealthRow]) -> str:
    """Return one table row a service."""
    return "\n".join(_health_row(service) for service in health)


def _order_row(order: Order) -> str:
    outcome = order.outcome
    mark, tone, words = _OUTCOMES.get(outcome, ("", "unsure", str(outcome)))
    if outcome is None and is_problem(order):
        mark, tone = "!", "bad"
    status = order.status
    also = f" <small>{escaped(status)}</small>" if status and status != words else ""
    source = order.price_source
    skipped = "" if outcome == "accepted" else text.why_no_order(order.skip_reason)
    reasons = dict.fromkeys(reason for reason in (skipped, order.error_message) if reason)
    urgent = f' class="{tone}"' if is_problem(order) else ""
    return (
        f"<tr{urgent}>{cells.name(order.symbol)}{cells.words(order.side)}"
        f"<td>{cells.signed(tone, mark)} {escaped(words)}{also}</td>"
        f"{cells.number(order.qty, text.quantity, 6)}{cells.number(order.filled_qty, text.quantity, 6)}"
        f"{cells.number(order.price, text.price, 4)}{cells.words(source)}"
        f"{cells.number(order.notional, text.money, 2)}"
        f"{_reason(reasons)}"
        f"{cells.number(order.predicted_return, text.signed_percent, 4)}"
        f"{cells.number(order.rank, text.quantity, 6)}"
        f"{cells.number(order.target_weight, text.signed_percent, 4)}{_identity(order)}</tr>"
    )


def _reason(reasons: Iterable[str]) -> str:
    said = escaped("; ".join(reasons))
    return f'<td class="why">{said}</td>' if said else f"<td>{text.ABSENT}</td>"


def _health_row(service: HealthRow) -> str:
    status = service.status
    detail = service.detail
    return (
        f'<tr><th scope="row">{escaped(service_title(service.service))}'
        f"<small>{escaped(service.url or text.ABSENT)}</small></th>"
        f"<td>{cells.signed('good' if service.healthy else 'bad')} {escaped(status)}"
        f"{f'<small>{escaped(detail)}</small>' if detail else ''}</td>"
        f"<td>{text.milliseconds(service.latency_ms)}</td></tr>"
    )


def _identity(order: Order) -> str:
    """Return the cell with our order id, the broker's in its title."""
    broker = order.broker_order_id
    title = f' title="broker: {escaped(broker)}"' if broker else ""
    return f"<td{title}>{escaped(order.client_order_id or text.ABSENT)}</td>"
