import re
from base64 import b64encode
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest
from builders import documents
from builders.sessions import CAPITAL, HISTORIES, history, line, thin
from builders.stated import index_page
from hypothesis import given
from hypothesis import strategies as st
from report.seen_page import Page
from support.tree import ROOT

from paper_run.report.html.calendar import compact, months, shades
from paper_run.report.html.equity_curve import described, equity_curve
from paper_run.report.html.equity_section import day_bars

EVERY_HISTORY = pytest.mark.parametrize("name", HISTORIES)


def sessions(page):
    """The rows of the list of sessions: the first cell is a date."""
    rows = [[" ".join(cell.split()) for cell in row] for row in page.rows]
    return [row for row in rows if re.match(r"\d{4}-\d\d-\d\d", row[0]) and len(row) == 7]


def page_of(lines, *, label=None, **options):
    return Page(index_page(lines, curve=thin(lines), label=label, cache_folder=None, **options))


def days_of(grid):
    """The text of each cell of a calendar that holds a session."""
    cells = re.findall(r'<td class="(?:gain|loss|flat|unvalued)[^>]*>(.*?)</td>', grid)
    return [re.sub(r"<[^>]*>", "", cell) for cell in cells]


@EVERY_HISTORY
def test_the_page_is_one_file_under_a_strict_policy(name):
    """Nothing loads, and one script runs: no source, handler or style attribute; the hashes match."""
    page = page_of(HISTORIES[name](), label="SANDBOX - simulated prices")
    (policy,) = (
        each["content"] for each in page.having("meta") if each.get("http-equiv") == "Content-Security-Policy"
    )
    style, script = (
        b64encode(sha256(page.texts[each].encode()).digest()).decode() for each in ("style", "script")
    )
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert len(page.having("script")) == 1
    tags = {tag for tag, _ in page.elements}
    assert not {"link", "img", "iframe", "base", "form", "object", "use", "image"} & tags
    names = {name for _, attrs in page.elements for name in attrs}
    assert not {name for name in names if name.startswith("on") or name in {"src", "style", "action"}}
    assert not re.search(r"@import|url\(", page.texts["style"])
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids)), "an id is used twice"


@EVERY_HISTORY
def test_each_link_leads_to_a_report_in_the_same_folder(name):
    """Every link is the name of a file of a session listed here, and each attempt and mark has its own."""
    lines = HISTORIES[name]()
    wanted = []
    for each in reversed(lines):
        wanted += [f"{each.session}{f'-{n}' if n > 1 else ''}_paper_run.html" for n, _ in each.attempts]
        wanted += [f"{each.session}_mark.html"] if each.marked else []
    links = [link for link in page_of(lines).having("a") if "aria-label" in link]
    assert [link["href"] for link in links] == wanted
    assert len({link["aria-label"] for link in links}) == len(wanted), "two links sound alike"


def test_the_figures_of_the_last_session_stand_first():
    """Equity, total and day P&L, drawdown and the number of sessions come before curve, calendar and list."""
    lines = [
        line("2025-01-02", "500"),
        line(
            "2025-01-03",
            "-200.50",
            total_pnl=Decimal("299.50"),
            closing=Decimal("100299.50"),
            daily_return=Decimal("-0.001995"),
            drawdown=Decimal("-0.001995"),
        ),
    ]
    text = page_of(lines).text
    expected = (
        "Last session Friday, 3 January 2025 Since 2 Jan 2025",
        "Equity $100,299.50 closing of 3 Jan 2025",
        "Total P&L +$299.50 since 2 Jan 2025",
        "Day P&L −$200.50 −0.20% on 3 Jan 2025",
        "Drawdown −0.20% deepest −0.20%",
        "Sessions 2 all valued",
        "From $100,000.00",
        "− loss",
        "Session Reports",
    )
    places = [text.index(each) for each in expected]
    assert places == sorted(places)


def test_the_newest_session_is_listed_first_with_all_its_trades():
    """Each row has the status of every trade, P&L, equity and drawdown; a mark is a link too."""
    lines = [
        line("2025-01-02", "500", marked=True),
        line("2025-01-03", "-200.50", attempts=((1, "failed"), (2, "partial"), (3, "success"))),
    ]
    assert sessions(page_of(lines)) == [
        [
            "2025-01-03 Fri",
            "✕ failed ! 2 partial ✓ 3 success",
            "−$200.50",
            "−0.20%",
            "−$200.50",
            "$99,799.50",
            "−0.20%",
        ],
        ["2025-01-02 Thu", "✓ success ≈ mark", "+$500.00", "+0.50%", "+$500.00", "$100,500.00", "0.00%"],
    ]


def test_a_session_that_could_not_be_valued_has_no_number():
    """Its money is a dash and the words say why; the headline says whose figures it shows instead."""
    lines = [line("2025-01-02", "500"), line("2025-01-03", attempts=((1, "unknown"),))]
    page = page_of(lines)
    assert sessions(page)[0] == ["2025-01-03 Fri", "? unknown", "— not valued", "—", "—", "—", "—"]
    assert "the figures below are those of 2 Jan 2025" in page.text
    assert "Equity $100,500.00 closing of 2 Jan 2025" in page.text
    assert "Sessions 2 1 not valued" in page.text
    assert days_of(months(lines)) == ["2 +500", "3 ?"]


def test_nothing_valued_yet_leaves_dashes_and_no_curve():
    """With no whole session there is a list and a calendar, and no figure is made up."""
    page = page_of([line("2025-01-02", attempts=())])
    assert "Equity — not known Total P&L — not known" in page.text
    assert "no session could be valued whole yet" in page.text
    assert "The curve begins with the first session that can be valued whole." in page.text
    assert not page.having("svg")
    assert sessions(page)[0][1] == "—"


def test_an_empty_folder_says_what_comes_here():
    """Before the first session the page says so and how to make one, and has no empty table."""
    page = page_of([])
    assert "No session yet" in page.text
    assert "python -m paper_run" in page.text
    assert not page.having("table")


def test_what_is_not_real_says_so_above_everything():
    """A sandbox's page carries its words as a banner and in the browser's tab; a real one carries neither."""
    page = page_of(history(2), label="SANDBOX - simulated prices")
    assert page.texts["title"] == "[SANDBOX] Paper run — all sessions"
    assert page.text.startswith("SANDBOX - simulated prices Paper run")
    real = page_of(history(2))
    assert "SANDBOX" not in real.text + real.texts["title"]


def test_sessions_that_are_not_listed_are_counted_and_their_file_named():
    """Of a longer history the number is that of all, and the earlier ones are in the CSV beside the page."""
    everything = history(300)
    source = index_page(
        everything[-260:], curve=thin(everything), label=None, cache_folder=None, num_sessions=300
    )
    page = Page(source)
    assert len(sessions(page)) == 260
    assert "Sessions 300 6 of the last 260 not valued" in page.text
    assert "The last 260 sessions are listed. 40 earlier ones are in history.csv ." in page.text
    assert page.having("a")[-1]["href"] == "history.csv"
    assert f"Since {everything[0].session[8:].lstrip('0')} Jan 2025" in page.text


def test_hostile_text_stays_text():
    """An attack in a status, a session's name or the label adds no element, and no link leaves the folder."""
    attacks = [documents.HOSTILE, "javascript:alert(1)//", "../../etc/passwd", "//example.org/", '"><b>']
    lines = [line(attack, "1", attempts=((1, attack),), marked=True) for attack in attacks]
    source = index_page(lines, curve=lines, label=documents.HOSTILE, cache_folder=None)
    page = Page(source)
    assert len(page.having("script")) == 1
    assert not page.having("img")
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert all(re.fullmatch(r"#[a-z-]+|[\w%.~-]+\.html", link["href"]) for link in page.having("a"))
    assert "\x1b" not in source
    assert "\u202e" not in source
    source.encode("utf-8")


def test_the_same_sessions_give_the_same_page():
    """Nothing but the sessions is in it: no clock, no order of a set."""
    one, two = (index_page(history(30), curve=thin(history(30)), label=None, cache_folder=None) for _ in "12")
    assert one == two


def test_the_template_is_compiled_once_for_a_folder(tmp_path):
    """The compiled template is kept in the folder that is given, and the text is the same without it."""
    kept = tmp_path / "cache"
    text = index_page(history(3), curve=history(3), label=None, cache_folder=kept)
    assert {path.suffix for path in kept.iterdir()} == {".cache"}
    assert text == index_page(history(3), curve=history(3), label=None, cache_folder=None)


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path):
    """A file where the cache's folder should be is no reason for no page."""
    (tmp_path / "cache").write_text("", encoding="utf-8")
    assert "</html>" in index_page([], curve=[], label=None, cache_folder=tmp_path / "cache")


def test_all_pages_have_one_palette():
    """A colour or a typeface is named once for all of them, each in light, dark and few colours."""
    shared, *own = (
        Path(ROOT, "templates", name).read_text("utf-8") for name in ("shared.css", "index.css", "report.css")
    )
    light, dark, few, paper = (
        set(re.findall(r"(--[\w-]+):", block)) for block in re.findall(r":root \{(.*?)\}", shared, re.S)
    )
    assert light - dark == {"--serif", "--sans", "--mono"}
    assert paper < few <= dark <= light
    for style in own:
        named = {
            name
            for block in re.findall(r":root \{(.*?)\}", style)
            for name in re.findall(r"(--[\w-]+):", block)
        }
        assert named & light == set()


def test_no_rule_of_style_stands_twice():
    """What two pages look like is said once, in the style that both have."""
    sheets = [
        Path(ROOT, "templates", name).read_text("utf-8") for name in ("shared.css", "index.css", "report.css")
    ]
    rules = [
        {line.strip() for line in sheet.splitlines() if re.fullmatch(r"\s*[^{}@]+\{[^{}]+\}", line)}
        for sheet in sheets
    ]
    assert min(map(len, rules)) > 40
    for ours, theirs in combinations(rules, 2):
        assert {rule for rule in ours & theirs if not rule.startswith(".figures")} == set()


# The calendar


def test_a_day_shows_its_sign_its_figure_and_a_shade():
    """Colour never stands alone; the title has the exact amount and the return."""
    lines = [line("2025-01-02", "1234.56"), line("2025-01-03", "-20"), line("2025-01-06", "0")]
    grid = months(lines)
    assert days_of(grid) == ["2 +1.2k", "3 −20", "6 0"]
    assert '<td class="gain3" title="Thursday, 2 January 2025: +$1,234.56, +1.23%">' in grid
    assert 'class="loss1"' in grid
    assert 'class="flat"' in grid


def test_months_are_whole_and_the_newest_comes_first():
    """A month has each of its days under its weekday, holidays and weekends without a figure."""
    lines = [line("2024-02-29", "5"), line("2025-01-31", "7"), line("2025-01-02", "-3")]
    grid = months(lines)
    captions = re.findall(r"<caption>(.*?) <span>(.*?)</span>", grid)
    assert captions == [("January 2025", "+$4.00"), ("February 2024", "+$5.00")]
    january = grid.split("</table>")[0]
    weeks = [re.findall(r"<td[^>]*>(.*?)</td>", week) for week in re.findall(r"<tr>(<td.*?)</tr>", january)]
    assert all(len(week) == 7 for week in weeks)
    number = re.compile(r"(?:^|<span>)(\d+)")
    days = [int(number.search(cell)[1]) for week in weeks for cell in week if cell]
    assert days == list(range(1, 32))
    assert all(
        date(2025, 1, int(number.search(cell)[1])).weekday() == at
        for week in weeks
        for at, cell in enumerate(week)
        if cell
    )


def test_a_month_that_lacks_its_first_days_is_left_out():
    """Where earlier sessions are not listed the oldest month would show a wrong sum."""
    lines = [line("2025-01-31", "1"), line("2025-02-03", "1")]
    assert re.findall(r"<caption>(\w+)", months(lines)) == ["February", "January"]
    assert re.findall(r"<caption>(\w+)", months(lines, cut=True)) == ["February"]
    assert re.findall(r"<caption>(\w+)", months(lines[:1], cut=True)) == ["January"]


def test_a_gap_of_years_draws_no_empty_month():
    """Only months with a session are there."""
    assert months([line("2020-03-02", "1"), line("2025-01-02", "1")]).count("<caption>") == 2


def test_a_weekend_that_trades_has_room():
    """Where an exchange is open at weekends their days are as wide as the others."""
    assert 'class="month workdays"' in months([line("2025-01-03", "1")])
    weekend = months([line("2025-01-04", "1"), line("2025-02-03", "1")])
    assert "workdays" not in weekend
    assert days_of(weekend) == ["3 +1", "4 +1"]


def test_three_shades_of_equal_number():
    """The sizes that part the shades are thirds of the days that moved; none moved, none part."""
    lines = [line(f"2025-01-{day:02d}", str(day * (-1) ** day)) for day in range(1, 10)]
    low, high = shades(lines)
    assert [sum(abs(each.day_pnl) <= bound for each in lines) for bound in (low, high)] == [3, 6]
    assert shades([line("2025-01-02", "0"), line("2025-01-03")]) is None


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "0"),
        ("0.30", "+<1"),
        ("-0.30", "−<1"),
        ("8.49", "+8"),
        ("-950", "−950"),
        ("999.49", "+999"),
        ("999.5", "+1.0k"),
        ("1234.56", "+1.2k"),
        ("-9949", "−9.9k"),
        ("9951", "+10k"),
        ("35499", "+35k"),
        ("999499", "+999k"),
        ("999500", "+1.0M"),
        ("-2400000", "−2.4M"),
        ("7600000000", "+7.6B"),
    ],
)
def test_an_amount_fits_a_day(amount, shown):
    """Five characters at most, sign first, rounded to where the letter says."""
    assert compact(Decimal(amount)) == shown


# The curve

MONEY = st.decimals(-50_000, 50_000, places=2)
SESSIONS = st.lists(st.none() | st.tuples(MONEY, st.decimals(-1, 0, places=4)), max_size=400).map(
    lambda made: [
        line(f"{2000 + at // 300}-{at % 300 // 25 + 1:02d}-{at % 25 + 1:02d}")
        if each is None
        else line(
            f"{2000 + at // 300}-{at % 300 // 25 + 1:02d}-{at % 25 + 1:02d}",
            "1",
            closing=CAPITAL + each[0],
            drawdown=each[1],
        )
        for at, each in enumerate(made)
    ]
)


@given(SESSIONS)
def test_any_history_has_a_curve_inside_its_plot(lines):
    """Every coordinate is a number within the plot, whatever the amounts: flat, one session, all losses."""
    drawn = equity_curve(lines)
    assert bool(drawn) == any(each.closing is not None for each in lines) == bool(described(lines))
    for path in re.findall(r'<path class="(?:line|edge)" d="M([^"]*)"', drawn):
        for across, down in (point.split() for point in path.split("L")):
            assert 0 <= float(across) <= 1000
            assert 0 <= float(down) <= 1000
    percents = re.findall(r'[xy12]="(-?[\d.]+)%"', drawn)
    assert all(0 <= float(each) <= 100 for each in percents)


def test_a_gap_is_a_gap():
    """Sessions lie across by date: after a month without one the line is a month long."""
    lines = [line("2025-01-01", "1"), line("2025-01-02", "2"), line("2025-02-09", "3")]
    (path,) = re.findall(r'<path class="line" d="M([^"]*)"', equity_curve(lines))
    assert [point.split()[0] for point in path.split("L")] == ["0.0", "25.0", "50.0", "1000.0"]


def test_a_bar_stands_below_its_point_of_the_curve():
    """Also where the first and the last session have a closing and no P&L of the day: they have no bar."""
    lines = [line(f"2025-01-{day:02}", "1") for day in (1, 2, 6, 7)]
    for at in (0, -1):
        lines[at] = lines[at]._replace(day_pnl=None)
    (path,) = re.findall(r'<path class="line" d="M([^"]*)"', equity_curve(lines))
    points = [float(point.split()[0]) for point in path.split("L")[2:-1]]
    (bars,) = re.findall(r'<path class="gain bar" d="([^"]*)"', day_bars(lines, len(lines)))
    centres = [float(x) + float(wide) / 2 for x, wide in re.findall(r"M([\d.]+) .*?h([\d.]+)V", bars)]
    assert centres == pytest.approx(points, abs=0.1)


def test_of_many_sessions_only_what_is_drawn_is_counted():
    """How many of them gained can't be told from those that are drawn; the best and the worst are drawn."""
    lines = thin(history(371))
    words = day_bars(lines, 371)
    assert f"{len(lines):,} of 371 sessions are drawn. Best +" in words
    assert " gained" not in words


def test_the_curve_is_told_in_words():
    """Who can't see it reads start, end, both extremes and the deepest fall, each with its date."""
    lines = [
        line("2025-01-02", "500"),
        line("2025-01-03", "-300", closing=Decimal("99700"), drawdown=Decimal("-0.00796")),
        line("2025-01-06", "200", closing=Decimal("99900"), drawdown=Decimal("-0.00597")),
    ]
    assert described(lines) == (
        "From $100,000.00 at the start to $99,900.00 on 6 Jan 2025. Highest $100,500.00 on 2 Jan 2025, "
        "lowest $99,700.00 on 3 Jan 2025. Deepest drawdown −0.80% on 3 Jan 2025."
    )
    assert described(lines[:1]) == (
        "From $100,000.00 at the start to $100,500.00 on 2 Jan 2025. There was no drawdown."
    )
