"""Real shells, typed at: what a TAB makes of a command line, and what `paper-run` did to complete it."""

import os
import pty
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from support.chromium import unavailable
from support.command import clean_environment

# Python reads it at its start, and notes whatever goes beyond reading files.
_SPY = """
import os, sys
TRACES = os.open(os.environ["SPY"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def note(event, args):
    writes = event == "open" and set(str(args[1])) & set("wax+") and args[0] != os.devnull
    if writes or event.startswith(("socket.", "sqlite3.", "subprocess.", "os.mkdir", "os.rename")):
        os.write(TRACES, f"{event} {args}\\n".encode())
sys.addaudithook(note)
"""


class Place:
    """A folder with nothing in it, a `paper-run` on the PATH, and a spy in each Python that it starts.

    :ivar env: the environment to start a shell with.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "here"
        self.spied = folder / "spied.txt"
        programs = folder / "bin"
        for each in (self.folder, programs):
            each.mkdir()
        (programs / "sitecustomize.py").write_text(_SPY)
        program = programs / "paper-run"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m paper_run "$@"\n')
        program.chmod(0o755)
        # Without coverage, which keeps what it has measured in a database of its own.
        given = clean_environment(folder).items()
        found = {name: value for name, value in given if not name.startswith("COVERAGE_")}
        self.env = found | {
            "PATH": f"{programs}{os.pathsep}{found['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(programs), found.get("PYTHONPATH")))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SPY": str(self.spied),
            "TERM": "vt100",
            "LANG": "C.UTF-8",
        }

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program here to its end."""
        return subprocess.run(
            argv,
            cwd=self.folder,
            env=self.env | dict(env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def traces(self) -> list[str]:
        """What `paper-run` has made here or reached for beyond reading."""
        made = [str(path) for path in self.folder.rglob("*")]
        return made + (self.spied.read_text().splitlines() if self.spied.exists() else [])


class Typist:
    """Somebody who types into an interactive shell on a terminal of its own; a context manager.

    :param start: what the shell is told first, a line each.
    """

    def __init__(self, place: Place, argv: Sequence[str], start: Sequence[str]) -> None:
        self._result = place.folder.parent / "result"
        os.mkfifo(self._result)
        terminal, own_end = pty.openpty()
        self._terminal = terminal
        self._shell = subprocess.Popen(
            argv,
            cwd=place.folder,
            env=place.env | {"RESULT": str(self._result)},
            stdin=own_end,
            stdout=own_end,
            stderr=own_end,
            start_new_session=True,
        )
        os.close(own_end)
        # Unread, what the shell echoes would stop it.
        self._reader = threading.Thread(target=self._read_away, daemon=True)
        self._reader.start()
        self._type("".join(f"{line}\r" for line in start))

    def words(self, line: str, key: str = "\t") -> list[str]:
        """Type a line and press a key; return the words that stand there then. None of them is run."""
        self._type(f"\x15{line}{key}\x01printf '%s\\n' \x05 > $RESULT\r")
        return self._result.read_text().splitlines()

    def _type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def _read_away(self) -> None:
        try:
            while os.read(self._terminal, 65536):
                pass
        except OSError:
            return  # the shell has ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shell.kill()
        self._shell.wait()
        self._reader.join(10)
        os.close(self._terminal)


def installed(shell: str) -> str:
    """Return where a shell is."""
    return shutil.which(shell) or unavailable(f"no {shell} found (apt-get install {shell})")
