"""Where an account's ledger and files are: a folder, and the database that has the ledger, if one has."""

from pathlib import Path

from paper_run import NamedTuple

SANDBOX_SCHEMA = "_sandbox"
"""What the name of a sandbox's schema ends with."""

HOST_FILE = "ledger.host"
"""The file in a folder from which was traded with a ledger in a database."""


class Database(NamedTuple):
    """A schema of a PostgreSQL database that is a ledger.

    :ivar url: with its password, if it has one. :ivar shown: what may be shown of it. :ivar platform: the
        name of what the account trades on, the same on each host.
    """

    url: str
    shown: str
    schema: str
    platform: str

    def __repr__(self) -> str:
        return f"Database({self.name!r})"  # the URL may hold a password

    @property
    def name(self) -> str:
        """What messages call the ledger."""
        return f"{self.shown}, schema {self.schema}"

    @property
    def of_sandbox(self) -> "Database":
        """A sandbox's own schema beside it: simulated trades are never mixed with real ones."""
        name = self.schema.removesuffix(SANDBOX_SCHEMA) + SANDBOX_SCHEMA
        return self._replace(schema=name)


class Place(NamedTuple):
    """A reports folder, and its ledger's database; None: the ledger is a file in the folder."""

    folder: Path
    database: Database | None = None
