"""Interrupts that arrive while a finalizer runs, in a process of its own: they go to all of a process."""

import subprocess
import sys

_SCRIPT = """
import signal, sys, time
from paper_run.model.termination import never_swallow_an_interrupt

class Finalized:
    def __del__(self):
        {happens}

sys.unraisablehook = never_swallow_an_interrupt
try:
    Finalized()
    while True:  # a signal right before a wait is seen after it
        time.sleep(0.5)
except KeyboardInterrupt:
    print("interrupted")
"""


def _played(happens: str) -> tuple[int, str, str]:
    finished = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(happens=happens)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return finished.returncode, finished.stdout, finished.stderr


def test_an_interrupt_within_a_finalizer_is_not_lost() -> None:
    """Python would print it and go on: the wait behind it would never end."""
    happens = "signal.signal(signal.SIGINT, signal.default_int_handler); signal.raise_signal(signal.SIGINT)"
    assert _played(happens) == (0, "interrupted\n", "")


def test_it_is_not_lost_where_the_shell_has_ctrl_c_ignored() -> None:
    """As it does for what runs in the background: SIGTERM comes as an interrupt there, too."""
    happens = "signal.signal(signal.SIGINT, signal.SIG_IGN); raise KeyboardInterrupt"
    assert _played(happens) == (0, "interrupted\n", "")


def test_another_fault_of_a_finalizer_is_printed() -> None:
    """And nothing is interrupted by it."""
    arms = (
        "signal.signal(signal.SIGALRM, signal.default_int_handler); signal.setitimer(signal.ITIMER_REAL, 0.2)"
    )
    status, said, printed = _played(f"{arms}; raise ValueError('odd')")
    assert (status, said) == (0, "interrupted\n")
    assert "ValueError: odd" in printed
