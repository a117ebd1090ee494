"""A PostgreSQL server of the tests' own: one a session on a free loopback port, a schema a test."""

import atexit
import contextlib
import ctypes
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.chromium import unavailable

OWNER, PASSWORD = "ledger_owner", "s3cretL3dger"
_DEBIANS = Path("/usr/lib/postgresql")
_PATIENCE = 60.0
_PR_SET_PDEATHSIG = 1
_PREFIX = "paper_run-postgres-"
_MEMORY, _ROOM = Path("/dev/shm"), 1 << 30
"""Where files are kept in memory, and how many bytes must be free there: to sync one takes no time then."""
_CONFIGURATION = {
    "listen_addresses": "'127.0.0.1'",
    "fsync": "on",
    "shared_buffers": "16MB",
    "min_wal_size": "8MB",
    "max_wal_size": "64MB",
    "max_connections": "60",
    "authentication_timeout": "20s",  # whoever says nothing at all may hold up a shutdown for so long
    "wal_level": "replica",
    "max_wal_senders": "4",
    "autovacuum": "off",
    "log_min_messages": "warning",
}


def new_folder() -> Path:
    """Make a folder for what a server writes: in memory, if there is room."""
    has_room = os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    folder = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_MEMORY if has_room else None)
    return Path(folder)


def _remove_what_is_nobodys() -> None:
    """Free the memory that tests which were killed have left behind."""
    for folder in _MEMORY.glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _end_with_the_tests() -> None:
    """Have the kernel stop the server when whoever has started it is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


class Server:
    """A server in a folder of its own; as nobody's where the tests run as root, whom it refuses."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self._folder = new_folder()
        self.data = self._folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        self.process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make its data folder: users whom it asks for a password, and a database for ledgers."""
        words = self._folder / "words"
        words.write_text(PASSWORD)
        words.chmod(0o644)
        self.call(
            *("initdb", "-D", self.data, "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8"),
            *("--no-sync", "--locale=C", "--wal-segsize=1", f"--pwfile={words}"),
        )
        lines = [f"{name} = {value}\n" for name, value in _CONFIGURATION.items()]
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.writelines(lines)
        self.call(
            *("postgres", "--single", "-D", self.data, "postgres"),
            words=f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}'\n"
            f"CREATE DATABASE ledgers OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'\n",
        )

    def take(self, data: Path) -> None:
        """Go on with a copy of a data folder, whosever it is; it must not be up."""
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(data, self.data)
        self.own(self.data)

    def start(self, *more: str) -> None:
        """Start it, and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", str(self.data), *self._place, *more],
                user=self._user,
                group=None if self._user is None else "nogroup",
                cwd=self._folder,
                preexec_fn=_end_with_the_tests,  # noqa: PLW1509  a call of the kernel alone
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            )
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    @property
    def _place(self) -> tuple[str, ...]:
        return "-c", f"port={self.port}", "-c", f"unix_socket_directories={self._folder}"

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: fast, or as a crash would (SIGQUIT)."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(_PATIENCE)
            self.process = None

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """Suspend all of its processes while the block runs: what connects is heard by the kernel alone."""
        if self.process is None:
            raise RuntimeError("it is not up")
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        pids = [self.process.pid, *map(int, children)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def remove(self) -> None:
        """Stop it and remove all that it has written."""
        self.stop()
        shutil.rmtree(self._folder)

    def own(self, path: Path) -> None:
        """Give a file or a folder to its user."""
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            for each in (path, *path.rglob("*")):
                os.chown(each, entry.pw_uid, entry.pw_gid)

    def call(self, program: str, *args: str | Path, words: str = "") -> None:
        """Run one of its programs as its user; `words` are what it reads."""
        done = subprocess.run(
            [self.programs / program, *args],
            user=self._user,
            group=None if self._user is None else "nogroup",
            cwd=self._folder,
            input=words,
            capture_output=True,
            encoding="utf-8",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def connect(self, **more: Any) -> psycopg.Connection[Any]:
        """Connect as its superuser."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=PASSWORD,
            dbname="postgres",
            autocommit=True,
            **more,
        )

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a query as its superuser; return what it finds."""
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    @property
    def url(self) -> str:
        """Return where its ledgers are, with the password."""
        return f"postgresql://{OWNER}:{PASSWORD}@127.0.0.1:{self.port}/ledgers"


class Schema:
    """A name for a ledger on a server that no other test has, and what makes a command find it."""

    def __init__(self, server: Server, name: str | None = None) -> None:
        self.server = server
        self.name = name or f"test_{uuid.uuid4().hex[:12]}"

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "PAPER_RUN_LEDGER_URL": self.server.url,
            "PAPER_RUN_LEDGER_SCHEMA": self.name,
            "PAPER_RUN_PLATFORM": "paper-1",
        }

    def connect(self) -> psycopg.Connection[Any]:
        """Connect as its superuser, to its tables."""
        connection = psycopg.connect(
            self.server.url.replace(OWNER, "postgres", 1), autocommit=True, row_factory=psycopg.rows.dict_row
        )
        connection.execute(f"SET search_path = {self.name}")
        return connection

    def ask(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Run a query over its tables; return what it finds."""
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def rows(self, table: str = "trades") -> list[dict[str, Any]]:
        """Return what it has, in the order of its rows."""
        return self.ask(f"SELECT * FROM {table} ORDER BY {'rowid' if table == 'orders' else 1}")


def programs() -> Path | None:
    """Return where a server's programs lie: Debian's newest, else on the path."""
    found = sorted(_DEBIANS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    named = shutil.which("postgres")
    paths = [*([Path(named).resolve().parent] if named else []), *(path.parent for path in found)]
    return next((path for path in reversed(paths) if (path / "initdb").exists()), None)


def made_server() -> Server:
    """Start one, with a database for ledgers that a plain user owns."""
    found = programs()
    if found is None:
        unavailable("no PostgreSQL server found (apt-get install postgresql)")
    server = Server(found)
    server.take(_first(found).data)
    server.start()
    return server


@functools.cache
def _first(found: Path) -> Server:
    """Make one, once: every other one begins as its copy."""
    _remove_what_is_nobodys()
    server = Server(found)
    atexit.register(server.remove)
    server.make()
    return server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for the whole session."""
    server = made_server()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def schema(postgres: Server) -> Schema:
    """A schema's name of this test's own; no ledger is in it yet."""
    return Schema(postgres)


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that a test may stop, copy and restore."""
    server = made_server()
    try:
        yield server
    finally:
        server.remove()
