"""How the program ends: at once, but only when nothing waits for the end any more."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import interruptible

# Words that were not flushed, a thread, a callback, and an object that tells when modules are taken apart.
PROGRAM = """
import atexit, sys, threading, time
from paper_run import __main__, cli

class Kept:
    def __del__(self):
        sys.__stdout__ and print("taken apart", flush=True)

def main():
    global kept
    kept = Kept()
    print("words")
    print("a diagnosis", file=sys.stderr)
    atexit.register(print, "called")
    threading.Thread(target=lambda: (time.sleep(0.05), print("joined"))).start()
    return 3

cli.main = main
__main__.entry_point()
"""
DROPPED = ("COV", "PYTHONUNBUFFERED")
BEGUN = """
import os, signal, sys
from paper_run import __main__

class Finder:
    def find_spec(name, *_):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder)
__main__.entry_point()
"""
WORDS = """
cli.main = lambda: print("words", end="")
__main__.entry_point()
"""


def ended(*flags: str, program: str = PROGRAM, stdout: int = subprocess.PIPE) -> tuple[int, str, str]:
    """Run a program; return its status and what it said on both streams."""
    done = subprocess.run(
        [sys.executable, *flags, "-c", program],
        env={name: value for name, value in os.environ.items() if not name.startswith(DROPPED)},
        stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout or "", done.stderr


def test_it_ends_when_all_that_waits_for_the_end_is_done() -> None:
    """Threads are joined, callbacks called, streams flushed, the status kept; no module is taken apart."""
    assert ended() == (3, "words\njoined\ncalled\n", "a diagnosis\n")


def test_whoever_looks_for_leaks_has_the_whole_end() -> None:
    """With -X dev, or traced, the interpreter ends as it always does."""
    first = "import atexit, sys; atexit.register(print, 'the end');"
    for flags, more in (((), ""), (("-X", "dev"), ""), ((), "sys.settrace(lambda *_: None)")):
        status, said, _ = ended(*flags, program=first + more + PROGRAM)
        assert status == 3
        assert ("the end" in said) is bool(flags or more)


def test_words_that_can_not_be_written_are_not_lost_in_silence() -> None:
    """On a full disk the interpreter says so, with a status of its own."""
    program = PROGRAM[: PROGRAM.index("class Kept")] + WORDS
    with Path("/dev/full").open("w") as full:
        status, _, said = ended(program=program, stdout=full.fileno())
    assert status == 120
    assert "No space left on device" in said


@pytest.mark.parametrize("fault", ["raise ValueError(5)", "raise SystemExit(4)"])
def test_a_fault_ends_it_as_it_always_did(fault: str) -> None:
    """What main() did not return for is the interpreter's."""
    status, _, said = ended(program=PROGRAM.replace("return 3", fault))
    assert status == (4 if "Exit" in fault else 1)
    assert ("ValueError: 5" in said) is ("ValueError" in fault)


def test_ctrl_c_before_anything_has_begun_has_no_traceback() -> None:
    """While the program is still imported the signal itself ends it."""
    with interruptible():
        assert ended(program=BEGUN) == (-signal.SIGINT, "", "")
