import os
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_run.report import text

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from("a\x00\x1b\x7f\x85\x9b\r\n\t\u061c\u202e\u2066\u2069\ud800\udfff\u2028é€😀")
)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("60000", "$60,000.00"),
        ("-12.3", "−$12.30"),
        ("1E+5", "$100,000.00"),
        ("0E-8", "$0.00"),
        ("-0.004", "$0.00"),
        ("0.125", "$0.12"),
        ("0.135", "$0.14"),
        ("-12345678901234567890123456789012345.678", "−$12,345,678,901,234,567,890,123,456,789,012,345.68"),
    ],
)
def test_money_has_separators_cents_and_a_true_minus(amount, shown):
    """Money is dollars with separators and cents whatever form it came in, and nothing is a negative zero."""
    assert text.money(Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("show", "value", "shown"),
    [
        (text.price, "150.25", "$150.25"),
        (text.price, "5", "$5.00"),
        (text.price, "150.25371", "$150.2537"),
        (text.price, "0.00012", "$0.00012"),
        (text.price, "100", "$100.00"),
        (text.price, "0.0000000051249", "$0.00000000512"),
        (text.price, "0E-9", "$0.00"),
        (text.quantity, "133", "133"),
        (text.quantity, "1000", "1,000"),
        (text.quantity, "0.500", "0.5"),
        (text.quantity, "-3", "−3"),
        (text.quantity, "1.0000001", "1"),
        (text.quantity, "-0.00000025", "−0.00000025"),
        (text.quantity, "0.00000000004", "0.00000000004"),
        (text.quantity, "0E-9", "0"),
        (text.percent, "1.0000", "100%"),
        (text.percent, "0.6667", "66.67%"),
        (text.percent, "0", "0%"),
        (text.signed_percent, "0.012", "+1.20%"),
        (text.signed_percent, "-0.0035", "−0.35%"),
        (text.signed_percent, "0.00000001", "0.00%"),
        (text.seconds, "4.213", "4.2 s"),
        (text.seconds, "59.96", "1 min 0 s"),
        (text.seconds, "310.4", "5 min 10 s"),
        (text.milliseconds, "0.41", "0.4 ms"),
        (text.milliseconds, "3", "3 ms"),
        (text.milliseconds, "1204.6", "1,205 ms"),
        (text.exact, "1E+5", "100000"),
        (text.exact, "-0.12345678901234567890", "-0.12345678901234567890"),
    ],
)
def test_each_figure_is_shown_the_way_people_write_it(show, value, shown):
    """Prices keep at least cents, quantities no idle zeros, rates a percent sign, times a unit."""
    assert show(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("amount", "shown", "rate"),
    [
        (10**17 + 1, "+$100,000,000,000,000,001.00", "+10,000,000,000,000,000,100.00%"),
        (-2, "−$2.00", "−200.00%"),
        (Decimal("-0"), "$0.00", "0.00%"),
        (Decimal("0.005"), "$0.00", "+0.50%"),
        (Decimal("0.00005"), "$0.00", "0.00%"),
        (Decimal("0.00015"), "$0.00", "+0.02%"),
        (Decimal("-1234.565"), "−$1,234.56", "−123,456.50%"),
    ],
)
def test_a_gain_has_its_sign_unless_it_rounds_to_zero(amount, shown, rate):
    """Half to even, a whole number to its last digit, a zero without a sign."""
    assert (text.signed_money(amount), text.signed_percent(amount)) == (shown, rate)


def test_counts_are_plain_integers_with_separators():
    """An int works wherever a count, quantity or latency may be one."""
    assert (text.count(5000), text.quantity(5000), text.milliseconds(12), text.exact(7)) == (
        "5,000",
        "5,000",
        "12 ms",
        "7",
    )


@pytest.mark.parametrize(
    "show",
    [
        text.money,
        text.price,
        text.quantity,
        text.count,
        text.percent,
        text.signed_percent,
        text.seconds,
        text.milliseconds,
    ],
)
def test_an_absent_figure_is_a_dash_and_never_a_zero(show):
    """What is not known looks different from nothing."""
    assert show(None) == "—"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15))
def test_money_can_be_read_back(amount):
    """No digit of an amount in cents is lost or invented on the way to the screen."""
    shown = text.money(amount)
    assert Decimal(shown.replace("−", "-").replace("$", "").replace(",", "")) == amount


def test_rounding_is_told_by_the_digits_that_are_left_out():
    """Idle zeros are not digits; a value with more digits than shown is known as rounded."""
    assert text.is_rounded(Decimal("1.005"), 2)
    assert not text.is_rounded(Decimal("1.50000"), 2)
    assert not text.is_rounded(Decimal("1E+5"), 2)
    assert not text.is_rounded(133, 0)


@pytest.mark.parametrize(
    ("timestamp", "shown"),
    [
        ("2025-01-17T09:00:00-05:00", "2025-01-17 09:00:00 EST"),
        ("2025-07-17T09:00:00.123456-04:00", "2025-07-17 09:00:00 EDT"),
        ("2025-01-17T14:00:00+00:00", "2025-01-17 14:00:00 UTC"),
        ("2025-01-17T14:00:00Z", "2025-01-17 14:00:00 UTC"),
        ("2025-01-17T19:30:00+05:30", "2025-01-17 19:30:00 UTC+05:30"),
        ("yesterday\x1b[2J", "yesterday\ufffd[2J"),
    ],
)
def test_a_time_always_names_its_zone(timestamp, shown):
    """An exchange's zone goes by its name, another by its offset; what is no time is shown as text."""
    assert text.moment(timestamp) == shown


@given(ANY_TEXT)
def test_printable_text_can_always_be_written_and_never_acts(foreign):
    """Any text becomes valid UTF-8 without a control, bidi override or surrogate; newline and tab stay."""
    shown = text.printable(foreign)
    shown.encode("utf-8")
    left = {ord(character) for character in shown}
    assert not left & ({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A})
    assert not left & {0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    assert text.printable(shown) == shown
    assert not set(text.one_line(foreign)) & set("\n\t")


def test_ordinary_text_is_left_alone():
    """Letters of any script, signs and line breaks come through; a Windows line end is one newline."""
    assert text.printable("Übergröße 株式 😀 — ok\n\tnext") == "Übergröße 株式 😀 — ok\n\tnext"
    assert text.printable("one\r\ntwo") == "one\ntwo"
    assert text.one_line("one\r\ntwo\tthree") == "one two three"


def test_formatting_and_tables_load_nothing_heavy():
    """The modules that every command may need import neither the page engine nor dataclasses."""
    code = (
        "import sys, paper_run.report.text, paper_run.report.csv_tables;"
        "print(sorted({'jinja2', 'markupsafe', 'dataclasses', 'requests', 'click'} & set(sys.modules)))"
    )
    # Where coverage is measured, it is in every process, and imports for itself what is looked for here.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("elapsed", "shown"),
    [
        (None, "—"),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (86_399, "23 h"),
        (86_400, "1 day"),
        (172_800, "2 days"),
    ],
)
def test_an_age_has_the_largest_unit_that_it_fills(elapsed, shown):
    assert text.age(elapsed) == shown


@pytest.mark.parametrize(
    ("rate", "fixed", "plain"),
    [
        (None, "—", "—"),
        (Decimal("0.2"), "20.00%", "0.20"),
        (Decimal("-0.19381"), "−19.38%", "−0.19"),
        (Decimal("-0.00001"), "0.00%", "0.00"),
        (Decimal("1.438102"), "143.81%", "1.44"),
    ],
)
def test_a_column_of_ratios_has_always_two_decimals(rate, fixed, plain):
    """So that they stand under each other; a ratio that is no share is shown as a plain number."""
    assert (text.fixed_percent(rate), text.ratio(rate)) == (fixed, plain)
