"""A command as a fork of a process that has imported the package: a process of its own, without its start.

It has its own folder, environment, streams, signals and end, which is that of an interpreter. What a start
itself does (flags and variables of Python's, what is imported when) needs a fresh process.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

from support.covered import Covered
from support.preloaded import warm

PACKAGE = "paper_run.__main__:entry_point"
_LONGEST = 1 << 20
_TESTS = Path(__file__).resolve().parents[1]
_STARTING = threading.Lock()


def run(
    *args: str, cwd: Path, env: Mapping[str, str], timeout: float, entry: str = PACKAGE
) -> tuple[int, str, str]:
    """Run a command to its end; return its status (negative: killed by that signal) and what it said.

    :param entry: `module:function`, which ends as a program does.
    """
    with started(*args, cwd=cwd, env=env, entry=entry) as fork:
        return fork.ended(timeout)


@contextlib.contextmanager
def started(*args: str, cwd: Path, env: Mapping[str, str], entry: str = PACKAGE) -> Iterator["Fork"]:
    """Start a command, to be struck and awaited; it is killed when the block is left."""
    request = {"entry": entry, "args": args, "cwd": str(cwd), "env": dict(env), "umask": _umask()}
    request["measured"] = _is_measured()
    ours, theirs = os.pipe()
    with (
        open(os.devnull, "rb") as stdin,
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
        open(ours, "rb", buffering=0) as news,
    ):
        with open(theirs, "wb", buffering=0), _STARTING:
            _forker().ask(request, [*(stream.fileno() for stream in (stdin, stdout, stderr)), theirs])
        fork = Fork(args, news, stdout, stderr)
        try:
            yield fork
        finally:
            fork.kill()


class Fork:
    """A command that runs.

    :ivar pid: its process.
    """

    def __init__(self, args: tuple[str, ...], news: IO[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self._args, self._news, self._stdout, self._stderr = args, news, stdout, stderr
        self._told = b""
        self._status: int | None = None
        self.pid = int(self._line(None))

    def stopped(self, timeout: float = 60) -> bool:
        """Wait until it is suspended or has ended; tell whether it is suspended."""
        if self._line(timeout, keep=True) != b"stopped":
            return False
        self._line(0)
        return True

    def is_running(self) -> bool:
        """Tell whether nothing has been told of it yet."""
        return self._status is None and not self._told and not select.select([self._news], [], [], 0)[0]

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it is known to have ended."""
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def ended(self, timeout: float = 60) -> tuple[int, str, str]:
        """Wait for its end; return its status (negative: killed by that signal) and what it said."""
        if self._status is None:
            self._end(timeout)
        assert self._status is not None
        return self._status, _text(self._stdout), _text(self._stderr)

    def kill(self) -> None:
        """Let it be gone."""
        if self._status is None:
            self.send_signal(signal.SIGKILL)
            self._end(None)

    def _end(self, timeout: float | None) -> None:
        while (line := self._line(timeout)) == b"stopped":
            pass
        self._status = int(line)

    def _line(self, timeout: float | None, *, keep: bool = False) -> bytes:
        """Return what is told next: its process, that it is suspended, or its status."""
        while b"\n" not in self._told:
            if not select.select([self._news], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self._args, timeout or 0)
            more = self._news.read(64)
            assert more, "the process that forks is gone"
            self._told += more
        line, _, rest = self._told.partition(b"\n")
        self._told = self._told if keep else rest
        return line


def stop() -> None:
    """End the process that forks, so that what coverage measured in it is saved."""
    if _forker.cache_info().currsize:
        _forker().stop()
        _forker.cache_clear()


def _is_measured() -> bool:
    """Tell whether coverage looks at this test's forks: those of each fourth test see nearly all."""
    return zlib.crc32(os.environ.get("PYTEST_CURRENT_TEST", "").encode()) % 4 == 0


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def _umask() -> int:
    with contextlib.suppress(FileNotFoundError), open("/proc/self/status", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    os.umask(mask := os.umask(0))
    return mask


class _Forker:
    """The process that forks."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        places = os.pathsep.join((str(_TESTS), str(_TESTS.parent)))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "support.forked", str(theirs.fileno())],
                cwd="/",
                env={"PATH": os.defpath, "PYTHONPATH": places, **measured},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def ask(self, request: Any, descriptors: list[int]) -> None:
        socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors)

    def stop(self) -> None:
        self._socket.close()
        assert self._process.wait(timeout=60) == 0


@functools.cache
def _forker() -> _Forker:
    atexit.register(stop)
    return _Forker()


# in the process that forks, which has no threads


def main() -> None:
    """Fork a command for each request until the other end is closed."""
    os.set_blocking((woken := os.pipe())[1], False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks for commands says when it is over
    signal.set_wakeup_fd(woken[1], warn_on_full_buffer=False)
    warm()
    covered = Covered()
    news: dict[int, int] = {}
    ends: dict[int, IO[bytes] | None] = {}
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        while True:
            ready = select.select([requests, woken[0]], [], [])[0]
            if woken[0] in ready:
                os.read(woken[0], 4096)
                for pid in _reap(news):
                    covered.fork_ended(ends.pop(pid))
            if requests in ready:
                message, descriptors, _, _ = socket.recv_fds(requests, _LONGEST, 4)
                if not message:
                    covered.end()
                    return
                request = json.loads(message)
                there = covered.fork_begins(measured=request["measured"])
                if not (pid := os.fork()):
                    for number in (*news.values(), *woken):
                        os.close(number)
                    for other in filter(None, ends.values()):
                        other.close()
                    break
                news[pid], ends[pid] = descriptors.pop(), there
                os.write(news[pid], b"%d\n" % pid)
                for number in descriptors:
                    os.close(number)
    _become(request, descriptors, covered.inside(there))


def _reap(news: dict[int, int]) -> Iterator[int]:
    """Tell of each command that has ended, and return it."""
    for pid in list(news):
        ended, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if ended and os.WIFSTOPPED(status):
            os.write(news[pid], b"stopped\n")
        elif ended:
            os.write(news[pid], b"%d\n" % os.waitstatus_to_exitcode(status))
            os.close(news.pop(pid))
            yield pid


def _become(request: Any, descriptors: list[int], at_the_end: Callable[[], None]) -> NoReturn:
    """Be the command."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for standard, number in enumerate(descriptors[:3]):
        os.dup2(number, standard)
    for number in descriptors:
        os.close(number)
    os.umask(request["umask"])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    random.seed()
    gc.enable()
    sys.argv[1:] = request["args"]
    module, _, function = request["entry"].partition(":")
    status: Any = None
    try:
        getattr(importlib.import_module(module), function)()
    except SystemExit as end:
        status = end.code
    _end(status, at_the_end)


def _end(status: int | None, at_the_end: Callable[[], None]) -> NoReturn:
    """End as an interpreter does, but take nothing apart: each page would be copied for that."""
    threading._shutdown()  # type: ignore[attr-defined]
    at_the_end()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status or 0)


if __name__ == "__main__":
    main()
