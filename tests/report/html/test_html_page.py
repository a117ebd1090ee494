import os
import pickle
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from decimal import Decimal
from hashlib import sha256

import pytest
from builders import days, documents, whole_days
from builders.stated import headline_of, render
from jinja2.bccache import Bucket, bc_magic
from markupsafe import escape
from report.seen_page import Page

import paper_run
from paper_run.report.html import assets
from paper_run.report.text import printable

IN_DOUBT = "1 of 6 orders in doubt: NVDA. The gateway did not answer for NVDA within 30 s."
EVERY_DAY = pytest.mark.parametrize("day", days.DAYS)


def sha(text):
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


@EVERY_DAY
def test_the_page_is_one_file_under_a_strict_policy(day):
    """No element could load or run anything: no source, handler, style attribute; hashes match.

    A link leads to a place in the page, or to a file beside it.
    """
    source = render(days.DAYS[day]())
    page = Page(source)
    (policy,) = (
        each["content"] for each in page.having("meta") if each.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == (
        f"default-src 'none'; style-src '{sha(page.texts['style'])}'; "
        f"script-src '{sha(page.texts['script'])}'; base-uri 'none'; form-action 'none'"
    )
    assert not {"link", "img", "iframe", "base", "form", "object"} & {tag for tag, _ in page.elements}
    names = {name for tag, attrs in page.elements for name in attrs if (tag, name) != ("a", "href")}
    assert not {name for name in names if name.startswith("on") or name in {"src", "href", "style", "action"}}
    for link in page.having("a"):
        assert re.fullmatch(r"#[a-z-]+|index\.html[?#\w%.~-]*|[\w%.~-]+\.(json|csv)", link["href"]), link
    assert len(page.having("script")) == len(page.having("style")) == 1
    assert not re.search(r"@import|url\((?!#)", page.texts["style"])


@EVERY_DAY
def test_every_day_has_every_part(day):
    """A day without trades or answers is laid out like a good one: status, figures, tables, definitions."""
    page = Page(render(days.DAYS[day]()))
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    assert {"status", "equity", "by-symbol", "services", "parameters", "orders", "definitions"} <= ids
    for label in (
        "otional",
        "Success rate",
        "Duration",
        "Submitted",
        "Accepted",
        "Rejected",
        "In doubt",
        "Filled",
    ):
        assert label in page.text
    assert len(ids) == sum("id" in attrs for _, attrs in page.elements), "an id is used twice"


def test_a_good_day_answers_the_three_questions_first():
    """Status, P&L, equity and counts stand before any chart or table, in the order of the statement."""
    page = Page(render(documents.good_day()))
    assert page.texts["title"] == "Paper run — 2025-01-17"
    expected = (
        "Friday, 17 January 2025 Time 2025-01-17 09:00:00 EST Run 550e8400-e29b-41d4-a716-446655440000",
        "Status: Success All 3 orders were accepted, all filled.",
        "Day P&L +$177.38 +0.17% of opening equity",
        "Total P&L +$2,137.67 +2.14% since 2024-11-04",
        "Equity $102,137.67 opened at $101,960.29",
        "Signals 3 Submitted 3 Accepted 3 Rejected 0 In doubt 0 Filled 3",
    )
    places = [page.text.index(each) for each in expected]
    assert places == sorted(places)
    assert places[-1] < page.text.rindex("Equity and drawdown")
    assert "Total notional $59,623.01" in page.text
    assert "Success rate 100%" in page.text
    assert "Duration 4.2 s" in page.text


@pytest.mark.parametrize(
    ("day", "banner"),
    [
        ("sandbox", "SANDBOX - simulated prices"),
        ("rehearsal", "REHEARSAL - nothing was executed"),
        ("unknown", "UNKNOWN - orders may have been placed"),
        ("partial", "1 ORDER IN DOUBT"),
    ],
)
def test_what_is_not_real_or_not_known_has_a_banner(day, banner):
    """The banner stands above the title of that day, and on no good day."""
    page = Page(render(days.DAYS[day]())).text
    assert page.index(banner) < page.index("Paper run")
    assert banner not in Page(render(documents.good_day())).text


def test_a_rehearsal_and_a_sandbox_say_so_at_every_notional():
    """A simulated notional is never called just notional, and a sandbox page says it in the browser's tab."""
    rehearsal = Page(render(days.rehearsal())).text
    assert "Simulated notional $59,623.01" in rehearsal
    assert "Simulated notional by symbol" in rehearsal
    assert Page(render(days.sandbox_day())).texts["title"].startswith("[SANDBOX] ")


@pytest.mark.parametrize(
    ("document", "tone", "sentence"),
    [
        (documents.good_day(), "good", "All 3 orders were accepted, all filled."),
        (days.zero_trade_day(), "good", "No orders: 3 signals, none of which called for a trade."),
        (days.partial_day(), "caution", IN_DOUBT),
        (
            days.failed_run(),
            "bad",
            "Signal Service is not healthy at http://localhost:8001/health: 503 Model not loaded.",
        ),
        (
            days.unknown_run(),
            "unsure",
            "The orchestrator's answer was lost.",
        ),
        (
            documents.changed(documents.good_day(), warnings=["a", "b"], results={"num_orders_filled": 2}),
            "caution",
            "All 3 orders were accepted, 2 filled. a. (1 more below.)",
        ),
        (
            documents.changed(documents.good_day(), status="failed", errors=[]),
            "bad",
            "The orchestration failed and gave no reason.",
        ),
        (
            days.many_orders(600),
            "caution",
            "12 of 600 orders rejected: S0001 (symbol is halted), S0051 (symbol is halted), "
            "S0101 (symbol is halted), S0151 (symbol is halted) and 8 more.",
        ),
    ],
)  # fmt: skip
def test_the_headline_names_the_worst_problem(document, tone, sentence):
    """What may have happened unseen comes before what failed, and that before what went well."""
    assert headline_of(document)[::2] == (tone, sentence)


def order_table(page):
    rows = [[cell.strip() for cell in row] for row in page.rows if len(row) == 13]
    return [dict(zip(rows[0], row, strict=True)) for row in rows if row != rows[0]]


def test_orders_show_their_figures_and_signals_their_reason():
    """A row has side, quantity, price and source, notional, outcome, reason, prediction, rank and weight."""
    rows = {row["Symbol"]: row for row in order_table(Page(render(days.partial_day())))}
    assert rows["GOOGL"] == {
        "Symbol": "GOOGL",
        "Side": "sell",
        "Outcome": "✓ accepted filled",
        "Qty": "101",
        "Filled": "101",
        "Price": "$195.19",
        "Source": "fill",
        "Notional": "$19,714.19",
        "Reason": "—",
        "Predicted": "−0.42%",
        "Rank": "1",
        "Weight": "−20.00%",
        "Order id": "811c60a5eb2f4f92132cca59",
    }
    assert (rows["TSLA"]["Outcome"], rows["TSLA"]["Reason"]) == ("✕ rejected", "insufficient buying power")
    assert rows["NVDA"]["Outcome"] == "? in doubt"
    assert rows["AMZN"]["Source"] == "estimated"
    assert (rows["NFLX"]["Outcome"], rows["NFLX"]["Reason"]) == ("! no order", "price_unavailable: no bar")
    assert (rows["ORCL"]["Outcome"], rows["ORCL"]["Reason"]) == ("– no order", "its weight is zero")


def test_problems_come_first_then_the_largest_notional():
    """In doubt, rejected, failed signals, then accepted orders by size, repeats, signals that needed none."""
    assert [row["Symbol"] for row in order_table(Page(render(days.partial_day())))] == [
        *("NVDA", "TSLA", "NFLX"),
        *("AAPL", "MSFT", "GOOGL", "AMZN"),
        *("META", "ORCL"),
    ]


def test_at_most_500_orders_are_listed_and_the_rest_counted():
    """Of 600 orders the 12 rejected and the largest are listed, the smallest not; the page says how many."""
    page = Page(render(days.many_orders(600)))
    rows = order_table(page)
    assert len(rows) == 500
    assert "470 more, in the CSV too" in page.text
    assert [row["Outcome"] for row in rows[:12]] == ["✕ rejected"] * 12
    assert rows[12]["Symbol"] == "S0600"
    assert "S0002" not in {row["Symbol"] for row in rows}
    assert "100 more in the CSV" in page.text


def test_a_rounded_figure_carries_its_exact_value():
    """The digits that are not shown are in the title; a figure shown in full has none."""
    page = Page(render(documents.good_day()))
    titles = {attrs["title"] for attrs in page.having("td") if "title" in attrs}
    assert {"150.253712", "0.0123456"} <= titles
    assert "415.10" not in titles


def bars(page):
    """The look and the fill of each bar, top to bottom."""
    return [(each["class"], each.get("fill")) for each in page.having("rect") if "bar " in each["class"]]


def test_the_chart_tells_buy_from_sell_without_colour():
    """A bar names its side in words, a sale is hatched, and the description holds every value."""
    page = Page(render(days.rehearsal()))
    assert bars(page) == [("bar buy", None), ("bar buy", None), ("bar sell", "url(#notional-sell)")]
    assert "AAPL buy $19,983.74; MSFT buy $19,924.80; GOOGL sell $19,714.19" in page.text
    assert page.having("svg")[0]["aria-labelledby"] == "notional-title notional-desc"


def test_the_notional_chart_counts_accepted_orders_only_and_says_what_it_leaves_out():
    """A repeat has no bar, and of many symbols the largest twelve have one, the rest their sum."""
    page = Page(render(documents.changed(days.partial_day(), pnl=None)))
    assert "AMZN buy $16,666.67. The orders table has every figure." in page.text
    page = Page(render(documents.changed(days.many_orders(20), pnl=None)))
    assert len(bars(page)) == 12
    rest = sum((Decimal("12.5037") * (10 + n)).quantize(Decimal("0.01")) for n in range(2, 9))
    assert f"7 smaller ones, ${rest:,.2f} together" in page.text


@EVERY_DAY
def test_warnings_and_errors_are_there_in_full(day):
    """Each is on the page from the first to the last character, line breaks kept."""
    document = days.DAYS[day]()
    source = render(document)
    for each in (*document["warnings"], *document["errors"]):
        assert str(escape(printable(each))) in source


def test_hostile_text_is_inert_wherever_it_comes_from():
    """With an attack in every text field the page has its own elements alone and is valid, harmless UTF-8."""
    source = render(days.hostile())
    source.encode("utf-8")
    page = Page(source)
    assert not page.having("img")
    assert len(page.having("script")) == 1
    assert "alert" not in page.texts["script"] + page.texts["style"]
    assert not set(source) & {*map(chr, range(9)), "\x1b", "\r", "\x7f", "\x9b", "\u202e", "\u2066"}
    assert "onerror" not in {name for _, attrs in page.elements for name in attrs}
    assert source.count("{{7*7}}") > 50


@pytest.mark.parametrize("missing", documents.good_day())
def test_a_missing_part_of_the_document_is_no_failure(missing):
    """Any top-level field may be absent: the rest is still reported."""
    document = days.partial_day()
    del document[missing]
    assert "How each figure is defined" in render(document)


def test_orders_with_the_bare_minimum_are_listed():
    """An order of which only the symbol is known is a row of dashes."""
    (row,) = order_table(Page(render(documents.changed(documents.good_day(), orders=[{"symbol": "AAPL"}]))))
    assert set(row.values()) == {"AAPL", "– no order", "—"}


@EVERY_DAY
def test_the_same_document_gives_the_same_bytes(day, tmp_path):
    """Rendering is pure: again, with a cold or a warm cache, in this process or another, nothing differs."""
    document = days.DAYS[day]()
    page = render(document)
    assert page == render(document)
    assert page == render(document, cache_folder=tmp_path) == render(document, cache_folder=tmp_path)


def test_a_compiled_template_is_kept_in_the_cache_folder(tmp_path):
    """A missing cache folder is made, private to its owner, and holds the template afterwards."""
    folder = tmp_path / "deep" / "cache"
    render(documents.good_day(), cache_folder=folder)
    assert list(folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("where", ["a file", "below a file"])
def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, where):
    """The page is the same where no folder can be made."""
    blocked = tmp_path / "taken"
    blocked.write_text("not a folder")
    folder = blocked if where == "a file" else blocked / "cache"
    assert render(documents.good_day(), cache_folder=folder) == render(documents.good_day())


def test_a_damaged_cache_is_compiled_again(tmp_path):
    """Garbage where the compiled template should be does not reach the page."""
    render(documents.good_day(), cache_folder=tmp_path)
    for kept in tmp_path.iterdir():
        kept.write_bytes(b"garbage")
    assets._environment.cache_clear()
    assert render(documents.good_day(), cache_folder=tmp_path) == render(documents.good_day())


MALICE = "import os; open(os.environ['MARK'], 'w').close()"


@pytest.mark.parametrize("how", ["folder", "file", "link", "folder-link", "owner"])
def test_code_that_somebody_else_may_have_put_there_is_never_run(tmp_path, monkeypatch, how):
    """A cache that others may write, or a link in its place: the page is compiled afresh, in memory."""
    folder, mark = tmp_path / "cache", tmp_path / "mark"
    monkeypatch.setenv("MARK", str(mark))
    render(documents.good_day(), cache_folder=folder)
    for kept in folder.iterdir():
        bucket = Bucket(assets._environment(None), "key", "")
        with kept.open("rb") as file:
            file.seek(len(bc_magic))
            bucket.checksum = pickle.load(file)
        bucket.code = compile(MALICE, "malice", "exec")
        kept.write_bytes(bucket.bytecode_to_string())
        if how == "file":
            kept.chmod(0o620)
        elif how == "link":
            planted = kept.rename(tmp_path / f"planted {kept.name}")
            kept.symlink_to(planted)
    if how == "folder":
        folder.chmod(0o770)
    elif how == "folder-link":
        folder.rename(tmp_path / "planted")
        folder.symlink_to(tmp_path / "planted")
    elif how == "owner":
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assets._environment.cache_clear()
    assert "</html>" in render(documents.good_day(), cache_folder=folder)
    assert not mark.exists()


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """The folder of the templates as it is in a wheel, in force once the sources' environment is dropped."""
    assets._environment(None)
    folder = tmp_path / "templates"
    shutil.copytree(assets._templates(), folder)
    assets.compile_into(folder)
    monkeypatch.setattr(assets, "_templates", lambda: folder)
    yield folder
    monkeypatch.undo()
    assets._environment.cache_clear()
    assets.asset.cache_clear()


@EVERY_DAY
def test_what_was_compiled_with_the_wheel_makes_the_same_page(day, wheel, tmp_path):
    """And no source of it is read, nor anything kept in the folder of the reports."""
    page = render(days.DAYS[day]())
    assets._environment.cache_clear()
    assets.asset.cache_clear()
    for source in (each for each in wheel.iterdir() if each.is_file()):
        source.unlink()
    assert page == render(days.DAYS[day](), cache_folder=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_what_another_jinja_compiled_is_compiled_afresh(wheel):
    """One that lacks a name which the compiled code needs."""
    for module in wheel.glob("compiled_*/*.py"):
        module.write_text("from jinja2.runtime import a_name_of_later\n")
    assets._environment.cache_clear()
    assert "</html>" in render(documents.good_day())


def test_a_mask_that_lets_a_group_write_costs_the_cache_nothing(tmp_path):
    """Whatever the umask, what is kept is its owner's alone."""
    before = os.umask(0o002)
    try:
        render(documents.good_day(), cache_folder=tmp_path / "cache")
    finally:
        os.umask(before)
    assert {kept.stat().st_mode & 0o777 for kept in (tmp_path / "cache").iterdir()} == {0o600}


def test_what_a_killed_run_left_in_the_cache_is_swept(tmp_path):
    """Its temporary files, and those of versions that let Jinja write them."""
    for name in (".paper_run.00ff.tmp", "__jinja2_1234.cacheabcd.tmp"):
        (tmp_path / name).write_bytes(b"half")
    tmp_path.chmod(0o700)
    render(documents.good_day(), cache_folder=tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".cache"}


def test_missing_templates_are_said_with_both_places(monkeypatch, tmp_path):
    """A broken installation names the folders that were looked in."""
    monkeypatch.setattr(paper_run, "__file__", str(tmp_path / "paper_run" / "__init__.py"))
    with pytest.raises(FileNotFoundError, match=r"paper_run/templates and .*/templates"):
        assets._templates.__wrapped__()


@pytest.mark.parametrize("place", ["paper_run/templates", "templates"])
def test_templates_are_found_inside_the_package_or_beside_it(monkeypatch, tmp_path, place):
    """A wheel has them inside, a checkout and an editable installation beside the package."""
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / "paper_run" / "writers").mkdir(parents=True)
    monkeypatch.setattr(paper_run, "__file__", str(tmp_path / "paper_run" / "__init__.py"))
    assert assets._templates.__wrapped__() == tmp_path / place


def test_fifty_orders_and_260_sessions_weigh_less_than_150_kb():
    """A usual page is small, with the longest curve that a page has."""
    page = render(days.many_orders(50), curve=documents.curve(260))
    assert len(page.encode()) < 150_000


def test_the_page_engine_is_loaded_by_the_first_page():
    """Importing the writer does not import Jinja."""
    code = "import sys, paper_run.report.html.page; print({'jinja2', 'markupsafe'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_page_of_fifty_orders_is_no_heavier_than_its_budget():
    """With every section, sixty sessions, and fifty symbols in each table: 150 kB."""
    page = whole_days.render(50, 60)
    shown = {each["id"] for each in Page(page).having("h2")}
    assert shown >= {"equity", "positions", "symbols", "account", "orders", "execution", "signals", "periods"}
    assert len(page.encode()) <= 150_000


def test_what_html_implies_and_what_is_for_authors_is_left_out():
    """No end tag of a cell or a row, no comment, no indentation in style and script; strings stay whole."""
    page = render(documents.good_day())
    assert not re.search("</t[rdh]>", page)
    for kept in (assets.asset("report.css"), assets.asset("report.js")):
        assert kept in page
        assert not re.search(r"/\*|^ |^//|\n\n", kept, re.MULTILINE)
    assert "${count} of ${texts.length} rows" in page
    assert 'content: "▸ " / ""' in page
