"""Two plays in the sandbox, whole: what they print and write is what lies in tests/golden, byte for byte."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import clean_environment
from support.golden import UPDATE, compare, first_screen, normalised, run_ids, stale
from support.tree import ROOT

GOLDEN = ROOT / "tests" / "golden"
LARGEST = 200_000
ODD_SYMBOLS = "AAPL,MSFT,GOOGL,PARTIAL,LATE,NOPRICE,REJECT"
SESSIONS = ("2025-01-02", "2025-01-03", "2025-01-06")
LAST = SESSIONS[-1]
# Printed by `history --csv`: no file of its own, it is history.csv.
PRINTED = "history printed as CSV"

Texts = dict[str, str]


class Play:
    """One play: its folder, and the texts it has left so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reports = folder / "reports" / "sandbox"
        self.texts: Texts = {}

    def command(self, name: str, *args: str) -> None:
        """Run a command; keep what it printed, with its exit status."""
        command = [sys.executable, "-m", "paper_run", *args, "--sandbox"]
        # As bytes: the end of a line is part of what is compared.
        ended = subprocess.run(
            command,
            cwd=self._folder,
            env=clean_environment(self._folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        self.texts[name] = ended.stdout.decode()
        if ended.returncode or ended.stderr:
            said = f"--- exit status {ended.returncode}, standard error:\n{ended.stderr.decode()}"
            self.texts[name] += said

    def keep(self, *names: str) -> None:
        """Keep files of the reports folder."""
        for name in names:
            text = (self._reports / name).read_bytes().decode()
            if name.endswith(".html"):
                self.texts[f"{name}.txt"] = first_screen(text)
            else:
                self.texts[name] = text

    def normalised(self) -> Texts:
        documents = sorted(self._reports.glob("*_paper_run.json"))
        ids = run_ids(path.read_text("utf-8") for path in documents)
        return {name: normalised(text, self._folder, ids) for name, text in self.texts.items()}


def _good(play: Play) -> None:
    """Three sessions in which all goes well, two of them in one command, and the history of them."""
    play.command("console-1-2.txt", "--sessions", "2")
    play.command("console-3.txt")
    play.command("console-history.txt", "history")
    play.command("history.json", "history", "--json")
    play.command(PRINTED, "history", "--csv")
    files = (f"{LAST}_paper_run.json", f"{LAST}_paper_run.html", f"{LAST}_positions.csv", "history.csv")
    play.keep(*files)


def _odd(play: Play) -> None:
    """Three sessions with orders that go wrong in every way and a position without a price, and a mark."""
    for number, session in enumerate(SESSIONS, start=1):
        play.command(f"console-{number}.txt", "--symbols", ODD_SYMBOLS)
        play.keep(f"{session}_paper_run.json", f"{session}_orders.csv", f"{session}_positions.csv")
    play.command("console-mark.txt", "mark")
    play.command("console-history.txt", "history")
    play.command("history.json", "history", "--json")
    play.command(PRINTED, "history", "--csv")
    mark = (f"{LAST}_mark.json", f"{LAST}_mark.html", f"{LAST}_mark_orders.csv", f"{LAST}_mark_positions.csv")
    play.keep(*mark, "history.csv")


_DAY = ("_paper_run.json", "_orders.csv", "_positions.csv")
_HISTORY = ("console-history.txt", "history.json", "history.csv")
PLAYS: dict[str, tuple[Callable[[Play], None], tuple[str, ...]]] = {
    "good": (
        _good,
        (
            *("console-1-2.txt", "console-3.txt", *_HISTORY),
            *(f"{LAST}{ending}" for ending in ("_paper_run.json", "_paper_run.html.txt", "_positions.csv")),
        ),
    ),
    "odd": (
        _odd,
        (
            *("console-1.txt", "console-2.txt", "console-3.txt", "console-mark.txt", *_HISTORY),
            *(session + ending for session in SESSIONS for ending in _DAY),
            *(f"{LAST}_mark{ending}" for ending in (".json", ".html.txt", "_orders.csv", "_positions.csv")),
        ),
    ),
}
NAMES = [f"{play}/{name}" for play, (_, names) in PLAYS.items() for name in names]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Texts:
    """All that both plays leave, by the name of its golden file."""
    texts: Texts = {}
    for name, (play_all, _) in PLAYS.items():
        play = Play(tmp_path_factory.mktemp(name))
        play_all(play)
        texts |= {f"{name}/{each}": text for each, text in play.normalised().items()}
    return texts


@pytest.mark.parametrize("name", NAMES)
def test_what_a_play_leaves_is_golden(left: Texts, name: str, request: pytest.FixtureRequest) -> None:
    """Every console, document, table and first screen is what it was when a person last read it."""
    compare(left[name], GOLDEN / name, update=request.config.getoption(UPDATE))


def test_each_text_has_its_golden_file_and_no_other_lies_there(left: Texts) -> None:
    """Nothing that is kept goes uncompared, and nothing stays behind that is kept no more."""
    assert sorted(left) == sorted([*NAMES, *(f"{play}/{PRINTED}" for play in PLAYS)])
    assert stale(GOLDEN, NAMES) == set()


def test_the_golden_files_can_be_read_by_a_person() -> None:
    """All of them together stay small: a change of them is read before it is kept."""
    assert sum((GOLDEN / name).stat().st_size for name in NAMES) < LARGEST


@pytest.mark.parametrize("play", PLAYS)
def test_history_is_one_table(left: Texts, play: str) -> None:
    """The command's CSV is the file beside the reports."""
    assert left[f"{play}/{PRINTED}"] == left[f"{play}/history.csv"]


def test_a_difference_is_shown_with_the_way_to_keep_it(tmp_path: Path) -> None:
    """A change is shown as a diff, with the option that makes it golden; the file stays as it is."""
    file = tmp_path / "table.csv"
    file.write_bytes(b"a,b\r\n1,2\r\n")
    with pytest.raises(AssertionError) as failed:
        compare("a,b\r\n1,3\r\n", file, update=False)
    shown = str(failed.value)
    assert "-1,2" in shown.replace("'", "")
    assert "+1,3" in shown.replace("'", "")
    assert UPDATE in shown
    assert file.read_bytes() == b"a,b\r\n1,2\r\n"


def test_the_end_of_a_line_counts(tmp_path: Path) -> None:
    """Byte for byte: another line ending is a difference."""
    file = tmp_path / "table.csv"
    file.write_bytes(b"a,b\r\n")
    with pytest.raises(AssertionError, match=r"\\r"):
        compare("a,b\n", file, update=False)


def test_a_missing_file_is_a_difference(tmp_path: Path) -> None:
    """A text without its golden file fails, and the message says how to make it."""
    with pytest.raises(AssertionError, match=UPDATE):
        compare("new\n", tmp_path / "good" / "new.txt", update=False)


def test_an_update_makes_the_text_golden(tmp_path: Path) -> None:
    """With the option the file is written as it is compared afterwards."""
    file = tmp_path / "good" / "table.csv"
    compare("a,b\r\n1,2\r\n", file, update=True)
    compare("a,b\r\n1,2\r\n", file, update=False)


def test_only_what_differs_from_play_to_play_is_replaced() -> None:
    """Amounts, ids that follow from the order, statuses and dates of sessions stay in the golden files."""
    run = "0f3c36c0-7b29-42ca-8a41-80c8084b1241"
    text = (
        f'"run_id": "{run}", "timestamp": "2026-11-23T01:04:32-05:00", "duration_seconds": 0.014,\n'
        '"broker_order_id": "ba2d3ba5-719b-4869-8ae1-2c4b0d5996ff", "notional": 20000.00,\n'
        '"price_time": "2025-01-03T09:30:01-05:00", "price_age_seconds": 84599, "session": "2025-01-06"\n'
        "2025-01-06T09:30:00-05:00,84600,-39901.68 http://127.0.0.1:41379 /tmp/play/reports"
    )
    assert normalised(text, Path("/tmp/play"), [run]) == (
        '"run_id": "<run 1>", "timestamp": "<now>", "duration_seconds": <measured>,\n'
        '"broker_order_id": "ba2d3ba5-719b-4869-8ae1-2c4b0d5996ff", "notional": 20000.00,\n'
        '"price_time": "2025-01-03T09:30:<s>-05:00", "price_age_seconds": <1410 minutes>,'
        ' "session": "2025-01-06"\n'
        "2025-01-06T09:30:<s>-05:00,<1410 minutes>,-39901.68 http://127.0.0.1:<port> <folder>/reports"
    )
