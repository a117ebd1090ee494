"""`python -m paper_run`, and `paper-run`: the program from its start to its end."""

import atexit
import gc
import os
import signal
import sys

_ended: list[int] = []


def entry_point() -> None:
    """Run the program and end it with its exit status."""
    # A day makes half as many objects, nearly none of them garbage: looking for it took a tenth of its time.
    gc.set_threshold(200_000, 20, 20)
    atexit.register(_leave)  # registered first, it is called last
    # Ctrl-C ends the process without a word while nothing has begun, and again once all is told.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from paper_run.cli import main
    from paper_run.errors import ExitStatus

    try:
        _ended.append(main())
    except KeyboardInterrupt:  # one more, while it was told what the first had broken off
        os._exit(ExitStatus.INTERRUPTED)  # whoever reads that may have stopped reading
    for each in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, signal.SIG_DFL)
    sys.exit(_ended[0])


def _leave() -> None:
    """End the process at once: threads are joined, and whatever waits for the end has been called.

    Else the interpreter would take its modules apart, object by object: another tenth of a day. With
    `-X dev`, under a debugger or what measures coverage, and where a stream can't be flushed, it has its way.
    """
    if not _ended or sys.flags.dev_mode or sys.gettrace():
        return
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):
        return
    os._exit(_ended[0])


if __name__ == "__main__":
    entry_point()
