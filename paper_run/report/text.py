"""How an amount, a rate, a day or foreign text is shown to a person: the same words on page and console."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.money import digits, near, showing

if TYPE_CHECKING:
    from paper_run.book.statistics import Statistic

ABSENT = "—"
MINUS = "−"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
SIGNS = {"good": "✓", "calm": "✓", "caution": "!", "bad": "✕", "unsure": "?"}
"""What stands beside words of a tone, so that never the colour alone tells."""

_LONGEST_LABEL = 24
_ONE = Decimal(1)

# Text from a service may drive a terminal (C0, C1), reverse what is read (bidi), or be no text (surrogates).
_CONTROLS = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)]
_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_UNPRINTABLE = dict.fromkeys([*_CONTROLS, *_BIDI, 0x2028, 0x2029, *range(0xD800, 0xE000)], REPLACEMENT)
_BREAKS = str.maketrans("\n\t", "  ")

# Sessions are New York's or UTC's, so an offset names its zone.
_ZONES = {"-05:00": "EST", "-04:00": "EDT", "+00:00": "UTC", "Z": "UTC"}


def printable(text: str) -> str:
    """Return text that can't act on a terminal or a page; newline and tab stay, the rest becomes U+FFFD."""
    if text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_UNPRINTABLE)


def one_line(text: str) -> str:
    """Return `printable` text on a single line: each newline or tab is a space."""
    return text if text.isprintable() else printable(text).translate(_BREAKS)


def printable_json(document: str) -> str:
    """Return JSON text with what could act on a terminal escaped: it says the same."""
    if document.isascii() and "\x7f" not in document:
        return document
    return document.translate({code: f"\\u{code:04x}" for code in _UNPRINTABLE if code >= 0x7F})


def why_no_order(skip_reason: str | None) -> str:
    """Return why a signal has no order, on a line: in words where the orchestrator has one word for it."""
    return _CALLED_FOR_NONE.get(skip_reason or "", one_line(skip_reason or ""))


_CALLED_FOR_NONE = {
    "zero_weight": "its weight is zero",
    "qty_less_than_one_share": "it comes to less than one share",
}


def exact(value: Decimal | int) -> str:
    """Return all digits of a number, without exponent or separators: what CSV and titles carry."""
    return digits(value) if isinstance(value, Decimal) else str(value)


def is_rounded(value: Decimal | int, places: int) -> bool:
    """Tell whether showing `places` decimals loses digits of the value."""
    decimals = exact(value).partition(".")[2]
    return len(decimals) > places and len(decimals.rstrip("0")) > places


def money(amount: Decimal | int | None) -> str:
    """Return dollars, rounded as `money.cents` does: `$60,000.00`, `−$12.30`, `—` for None."""
    if amount is None:
        return ABSENT
    return _signed(amount, 2, before="$")


def signed_money(amount: Decimal | int | None) -> str:
    """Return a gain or a loss in dollars with its sign: `+$1,234.50`, `−$12.30`, `$0.00`, `—` for None."""
    return ABSENT if amount is None else _with_sign(format(Decimal(amount), "+,.2f"), "$")


def price(amount: Decimal | int | None) -> str:
    """Return a price in dollars: at least cents, at most 4 decimals (8 below a dollar; more to show any)."""
    if amount is None:
        return ABSENT
    places = 4 if abs(Decimal(amount)) >= _ONE else showing(Decimal(amount), 8)
    shown = _signed(amount, places, before="$")
    return shown[: len(shown) - places + 2] + shown[len(shown) - places + 2 :].rstrip("0")


def quantity(qty: Decimal | int | None) -> str:
    """Return shares with separators and at most 6 decimals, more of less than those show: `1,250`, `−0.5`."""
    if qty is None:
        return ABSENT
    return _signed(Decimal(qty), showing(Decimal(qty), 6)).rstrip("0").rstrip(".")


def count(number: int | None) -> str:
    """Return a count with separators, `—` where it is not known."""
    return ABSENT if number is None else f"{number:,}"


def percent(rate: Decimal | int | None) -> str:
    """Return a ratio as a percentage of at most 2 decimals: 1 is `100%`, 0.6667 is `66.67%`."""
    return ABSENT if rate is None else fixed_percent(rate)[:-1].rstrip("0").rstrip(".") + "%"


def fixed_percent(rate: Decimal | int | None) -> str:
    """Return a ratio as a percentage of always 2 decimals, as a column has them: `20.00%`, `−19.38%`."""
    return ABSENT if rate is None else _with_minus(format(near(Decimal(rate)), ",.2%"))


def signed_percent(rate: Decimal | int | None) -> str:
    """Return a ratio as a percentage with its sign and always 2 decimals: `+1.20%`, `−0.35%`, `0.00%`."""
    return ABSENT if rate is None else _with_sign(format(near(Decimal(rate)), "+,.2%"))


def percentage(statistic: Statistic | None) -> Decimal | None:
    """Return a result's statistic as a ratio to be shown in percent: rounded once, from all its digits.

    Older records have only its value at six places, as there is of a plain ratio.
    """
    return None if statistic is None else as_shown(statistic.value, statistic.percent)


def as_shown(ratio: Decimal | None, percent: Decimal | None) -> Decimal | None:
    """Return the ratio of a percentage that was rounded from all digits; without it the one at six places."""
    return ratio if percent is None else percent.scaleb(-2)


def seconds(duration: Decimal | int | None) -> str:
    """Return a duration given in seconds: `4.2 s`, `3 min 9 s`."""
    if duration is None:
        return ABSENT
    whole = round(Decimal(duration))
    if whole >= 60:
        return f"{whole // 60:,} min {whole % 60} s"
    return _signed(duration, 1) + " s"


def milliseconds(latency: Decimal | int | None) -> str:
    """Return a latency given in milliseconds: `12 ms`, `0.4 ms`, `1,204 ms`."""
    if latency is None:
        return ABSENT
    latency = Decimal(latency)
    return _signed(latency, 0 if latency >= 10 else 1).removesuffix(".0") + " ms"


def age(elapsed: int | None) -> str:
    """Return how old something is, given in seconds: `3 s`, `4 min`, `2 h`, `5 days`, `—` for None."""
    if elapsed is None:
        return ABSENT
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if elapsed >= size:
            units = elapsed // size
            return f"{units:,} {unit}{'s' * (unit == 'day' and units != 1)}"
    return f"{elapsed} s"


def ratio(value: Decimal | int | None) -> str:
    """Return a plain ratio with 2 decimals and a true minus: `1.44`, `−0.30`."""
    return ABSENT if value is None else _signed(value, 2)


def signed_ratio(value: Decimal) -> str:
    """Return a plain ratio with its sign and 2 decimals: `+1.44`, `−0.30`, `0.00`."""
    return _with_sign(format(value, "+,.2f"))


def moment(timestamp: str) -> str:
    """Return an ISO time with offset as `2025-01-17 09:00:00 EST`; what is no such time is shown as it is."""
    date, _, clock = timestamp.partition("T")
    offset = clock[8:].lstrip(".0123456789")
    if len(date) != 10 or len(clock) < 8 or not offset:
        return one_line(timestamp)
    zone = _ZONES.get(offset) or "UTC" + offset.replace("-", MINUS)
    return one_line(f"{date} {clock[:8]} {zone}")


def clipped(label: str) -> str:
    """Return a label short enough for a chart or a narrow column: 24 characters at most."""
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def tone_of(amount: Decimal | None) -> str:
    """Return the tone of a gain or a loss, "" for nothing gained and for nothing known."""
    if not amount:
        return ""
    return "gain" if amount > 0 else "loss"


def _signed(value: Decimal | int, places: int, *, before: str = "") -> str:
    """Return the value rounded half to even, with separators, and a true minus unless it rounds to zero."""
    return _with_minus(format(Decimal(value), f",.{places}f"), before)


def _with_minus(shown: str, before: str = "") -> str:
    if shown[0] != "-":
        return before + shown
    size = shown[1:]
    return f"{MINUS}{before}{size}" if size.strip("0.%") else before + size


def _with_sign(shown: str, before: str = "") -> str:
    size = shown[1:]
    if not size.strip("0.%"):
        return before + size
    return f"{MINUS if shown[0] == '-' else '+'}{before}{size}"


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day_of(session: str) -> date | None:
    """Return the date that a session is named after, None where its name is no ISO date."""
    try:
        return date.fromisoformat(session) if len(session) == 10 else None
    except ValueError:
        return None


def long_date(day: date) -> str:
    """Return a day in full: `Friday, 17 January 2025`."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """Return a day where room is short: `17 Jan 2025`."""
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def long_day(session: str) -> str:
    """Return a session's day in full; its name where that is no ISO date."""
    day = day_of(session)
    return long_date(day) if day else one_line(session)


def short_day(session: str) -> str:
    """Return a session's day where room is short; its name where that is no ISO date."""
    day = day_of(session)
    return short_date(day) if day else one_line(session)
