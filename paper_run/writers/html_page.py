"""The report of a day as one self-contained page: no request leaves it, and it reads without its script."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paper_run.money import total
from paper_run.writers import html_tables, text
from paper_run.writers.headline import banners, headline
from paper_run.writers.svg import Bar, bar_chart

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

_PAGE = "report.html"
_MOST_BARS = 12
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def render(document: Mapping[str, Any], *, cache_folder: Path | None = None) -> str:
    """Return the page of a result document; the same document gives the same text.

    With a cache folder the compiled template is kept there, which saves most of the time; one that can't be
    written costs that saving and nothing else. It must be private: what lies in it is run.
    """
    orders = document.get("orders") or ()
    listed = html_tables.listed_orders(orders)
    view = {
        "css": _markup(_asset("report.css")),
        "script": _markup(_asset("report.js")),
        "policy": _policy(),
        "headline": headline(document),
        "banners": banners(document),
        "order_rows": _markup(html_tables.order_rows(listed)),
        "num_listed": len(listed),
        "num_unlisted": len(orders) - len(listed),
        "chart": _markup(_notional_chart(document)),
        "health_rows": _markup(html_tables.health_rows(document.get("health") or ())),
        "warnings": [text.printable(str(warning)) for warning in document.get("warnings") or ()],
        "errors": [text.printable(str(error)) for error in document.get("errors") or ()],
        "parameters": _parameters(document.get("parameters") or {}),
        **_identity(document),
        **_figures(document),
    }
    return _template(cache_folder).render(view)


def _identity(document: Mapping[str, Any]) -> dict[str, Any]:
    session = text.one_line(str(document.get("session")))
    return {
        "session": session,
        "day": _long_date(session),
        "trade": document.get("trade") or 1,
        "moment": text.moment(str(document.get("timestamp") or text.ABSENT)),
        "run_id": text.one_line(str(document.get("run_id") or "")),
        "exit_status": document.get("exit_status"),
        "schema_version": document.get("schema_version"),
        "rehearsal": bool(document.get("rehearsal")),
        "sandbox": bool(document.get("sandbox")),
    }


def _figures(document: Mapping[str, Any]) -> dict[str, Any]:
    results = document.get("results") or {}
    notional = results.get("total_notional")
    priced_by_guess = sum(
        1
        for order in document.get("orders") or ()
        if order.get("outcome") == "accepted" and order.get("price_source") == "estimated"
    )
    return {
        "notional": text.money(notional),
        "notional_exact": text.exact(notional)
        if notional is not None and text.is_rounded(notional, 2)
        else "",
        "num_estimated": priced_by_guess,
        "success_rate": text.percent(results.get("success_rate")),
        "duration": text.seconds(results.get("duration_seconds")),
        "orders_known": results.get("num_orders_submitted") is not None,
        "counts": [
            (label, text.count(results.get(name)), tone if results.get(name) else "")
            for label, name, tone in (
                ("Signals", "num_signals", ""),
                ("Submitted", "num_orders_submitted", ""),
                ("Accepted", "num_orders_accepted", ""),
                ("Rejected", "num_orders_rejected", "bad"),
                ("In doubt", "num_orders_in_doubt", "unsure"),
                ("Filled", "num_orders_filled", ""),
            )
        ],
    }


def _parameters(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    symbols = ", ".join(text.one_line(str(symbol)) for symbol in parameters.get("symbols") or ())
    return [
        ("Symbols", symbols or text.ABSENT),
        ("Capital", text.money(parameters.get("capital"))),
        ("Maximum position", text.money(parameters.get("max_position_size"))),
        ("Signals as of", text.one_line(str(parameters.get("as_of_date") or text.ABSENT))),
    ]


def _notional_chart(document: Mapping[str, Any]) -> str:
    """Return the notional of the accepted orders by symbol and side, largest first, "" when there is none."""
    sums: dict[tuple[str, str], Decimal] = {}
    for order in document.get("orders") or ():
        notional = order.get("notional")
        if order.get("outcome") == "accepted" and notional:
            key = (str(order.get("symbol")), str(order.get("side") or ""))
            sums[key] = total((sums.get(key, Decimal(0)), notional))
    if not sums:
        return ""
    largest = sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))
    bars = [
        Bar(symbol, side, abs(notional), text.money(notional), second=side == "sell")
        for (symbol, side), notional in largest[:_MOST_BARS]
    ]
    rest = total(notional for _, notional in largest[_MOST_BARS:])
    others = (
        f" {len(largest) - _MOST_BARS} smaller ones, {text.money(rest)} together, are left out."
        if rest
        else ""
    )
    shown = "; ".join(f"{bar.label} {bar.note} {bar.shown}" for bar in bars)
    return bar_chart(
        bars,
        name="notional",
        title="Notional of the accepted orders by symbol",
        description=f"{shown}.{others} The orders table has every figure.",
    ) + (f'<p class="aside">{others.strip()}</p>' if others else "")


def _markup(escaped: str) -> "Markup":
    """Vouch for text that is escaped already, or ours."""
    from markupsafe import Markup

    return Markup(escaped)  # noqa: S704 - every caller hands over markup built from `svg.escaped`, or an asset


def _long_date(session: str) -> str:
    try:
        day = date.fromisoformat(session)
    except ValueError:
        return session
    return f"{_DAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _policy() -> str:
    """Return a policy that lets this page's own style and script act, and nothing load."""
    return (
        f"default-src 'none'; style-src '{_hash('report.css')}'; script-src '{_hash('report.js')}'; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _hash(name: str) -> str:
    return "sha256-" + b64encode(sha256(_asset(name).encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (_templates() / name).read_text(encoding="utf-8")


@cache
def _templates() -> Path:
    """Return the folder of the templates: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent.parent
    folders = (package / "templates", package.parent / "templates")
    for folder in folders:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the page templates are missing: looked in {folders[0]} and {folders[1]}")


@cache
def _environment(cache_folder: Path | None) -> "Environment":
    from jinja2 import (
        Environment,
        FileSystemBytecodeCache,
        FileSystemLoader,
        StrictUndefined,
        select_autoescape,
    )

    kept = None
    if cache_folder is not None:
        cache_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = FileSystemBytecodeCache(str(cache_folder))
    return Environment(
        loader=FileSystemLoader(_templates()),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=kept,
    )


def _template(cache_folder: Path | None) -> "Template":
    try:
        return _environment(cache_folder).get_template(_PAGE)
    except OSError:
        if cache_folder is None:
            raise
        return _environment(None).get_template(_PAGE)
