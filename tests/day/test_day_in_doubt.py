"""A day in doubt: what is known is stated, with its date and whose word it is; nothing is said twice."""

import email
import email.policy
import html
import re
from pathlib import Path

from support.answers import Answer, plain_500
from support.command import Finished, run_command
from support.desk import Desk
from support.faulty_http import exact
from support.odd_platform import RUN, RUNS

DAY = Path("reports/sandbox/2025-01-03_paper_run.json")
MAILED = {
    "PAPER_RUN_EMAIL_TO": "a@b.example",
    "PAPER_RUN_SMTP_HOST": "localhost",
    "PAPER_RUN_EMAIL_ON": "never",
}


def in_doubt(folder: Path) -> Finished:
    """Play a good session and one with an order in doubt; return what the second says."""
    assert run_command("--sandbox", "--symbols", "AAPL", "MSFT", cwd=folder).returncode == 0
    finished = run_command("--sandbox", "--symbols", "AAPL", "MSFT", "DOUBT", cwd=folder)
    assert finished.returncode == 2
    return finished


def flat(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def mail_of(folder: Path, *args: str) -> str:
    sent = run_command("email", *args, "--to-stdout", cwd=folder, env=MAILED)
    assert sent.returncode == 0, sent.stderr
    return plain(sent.stdout)


def plain(message: str) -> str:
    body = email.message_from_string(message, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    return flat(body.get_content())


def test_the_last_known_equity_stands_beside_one_that_is_not_known(tmp_path: Path) -> None:
    """With its session, on console, page and mail; and the account's, as the broker's word."""
    finished = in_doubt(tmp_path)
    result = exact((tmp_path / DAY).read_text("utf-8"))
    assert result["pnl"]["equity"]["closing"] is None
    last = f"last stood at ${result['pnl']['equity']['opening']:,.2f}, in session 2025-01-02"
    word = f"{last}; the broker says ${result['parties']['broker']['equity']['broker']:,.2f}"
    assert f"Equity: — ({last})" in flat(finished.stdout)
    assert word in flat((tmp_path / DAY).with_suffix(".html").read_text("utf-8"))
    assert word in mail_of(tmp_path, "2025-01-03", "--sandbox")


def test_counts_that_an_order_in_doubt_explains_are_no_warning(tmp_path: Path) -> None:
    """Neither while it is in doubt nor once it was found; that it is in doubt is said once, as the error."""
    finished = in_doubt(tmp_path)
    assert "orchestrator's count" not in finished.stdout
    told = [each["code"] for each in exact((tmp_path / DAY).read_text("utf-8"))["findings"]]
    assert told == ["orders_not_accepted", "order_in_doubt"]
    assert run_command("mark", "--sandbox", cwd=tmp_path).returncode == 0
    found = exact((tmp_path / DAY).read_text("utf-8"))
    assert (found["results"]["num_orders_in_doubt"], found["warnings"]) == (0, [])


def test_a_count_that_a_refused_order_explains_is_no_warning(tmp_path: Path) -> None:
    """The orchestrator does not count one that got no id among those that it submitted."""
    finished = run_command("--sandbox", "--symbols", "AAPL", "MSFT", "REJECT", cwd=tmp_path)
    assert finished.returncode == 2
    assert "orchestrator's count" not in finished.stdout


def test_the_last_known_equity_of_a_lost_answer(tmp_path: Path) -> None:
    """Nothing of the session is known, and what equity was before it is said, with its session."""
    desk = Desk(tmp_path)
    with desk.platform:
        assert desk.run().returncode == 0
        first = desk.session
        last = f"last stood at ${desk.saved()['pnl']['equity']['closing']:,.2f}, in session {first}"
        desk.next_session()
        desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
        desk.platform.orchestrator.always("GET", RUNS, plain_500())
        finished = desk.run("--timeout", "1")
        assert finished.returncode == 2
        assert f"Equity: — ({last})" in flat(finished.stdout)
        desk.env |= MAILED
        sent = desk.run("email", "latest", "--to-stdout")
    assert last in plain(sent.stdout)
    assert last in flat((desk.reports / f"{desk.session}_paper_run.html").read_text("utf-8"))


def test_a_signal_without_an_order_has_its_reason_in_words(tmp_path: Path) -> None:
    """On console and page; the JSON has what the orchestrator said."""
    finished = run_command("--sandbox", "--symbols", "AAPL", "MSFT", "GOOGL", cwd=tmp_path)
    assert finished.returncode == 0
    path = tmp_path / "reports/sandbox/2025-01-02_paper_run.json"
    (skipped,) = [each for each in exact(path.read_text("utf-8"))["orders"] if each["side"] is None]
    assert skipped["skip_reason"] == "zero_weight"
    words = f"{skipped['symbol']:<8} no order: its weight is zero\n"
    assert words in finished.stdout
    page = flat(path.with_suffix(".html").read_text("utf-8"))
    assert ("its weight is zero" in page, "zero_weight" in page) == (True, False)


def test_what_an_order_was_in_doubt_for_is_no_reason_once_it_was_found(tmp_path: Path) -> None:
    in_doubt(tmp_path)
    page = (tmp_path / DAY).with_suffix(".html")
    assert "ReadTimeout" in page.read_text("utf-8")
    assert run_command("mark", "--sandbox", cwd=tmp_path).returncode == 0
    assert "ReadTimeout" not in page.read_text("utf-8")


def test_a_mail_of_a_mark_says_once_that_it_valued(tmp_path: Path) -> None:
    """And of the one session that is valued so far, what it came to."""
    assert run_command("--sandbox", cwd=tmp_path).returncode == 0
    assert run_command("mark", "--sandbox", cwd=tmp_path).returncode == 0
    mail = mail_of(tmp_path, "latest", "--mark", "--sandbox")
    assert "Valued: 2 open positions at current prices. Nothing was traded" in mail
    assert re.search(r"One session is valued so far, 2 Jan 2025: [+−]?\$\d+\.\d\d\. ", mail)
