"""The database of a ledger, as its server tells of itself."""

from paper_run import NamedTuple


class Server(NamedTuple):
    """A database's server.

    :ivar latency_ms: how long it takes to answer, milliseconds. :ivar holder: who has the lease, in words;
        None: nobody.
    :ivar synchronous_commit: its default, as PostgreSQL words it; in our sessions it is `on` at least.
    :ivar standbys: the `sync_state` of each standby; None: this user may not see it.
    :ivar system: the identifier that its data was made with. :ivar timeline: it changes with each promotion
        and each restore to a point in time; None on a standby, which has what was written until `replayed`.
    :ivar size: bytes of the whole database. :ivar version: of the ledger's schema.
    """

    product: str
    latency_ms: int
    holder: str | None
    synchronous_commit: str
    fsync: str
    standbys: tuple[str | None, ...]
    system: str
    timeline: str | None
    replayed: str | None
    size: int
    version: int
