r"""The ledger's schema in PostgreSQL: its tables, columns and versions are SQLite's, see there for meanings.

Ids count on from the highest there is, as SQLite's do: a transaction that came to nothing leaves no gap.
`rowid` tells in which sequence the rows of `orders` were first written. Text is compared byte by byte.
"""

from __future__ import annotations

BEGINS_AT = 17
"""The version of SQLite's migrations whose tables the first script makes."""

_FIRST = """
CREATE TABLE account (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);
CREATE TABLE trades (
    id BIGINT PRIMARY KEY,
    session TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    key TEXT COLLATE "C" NOT NULL UNIQUE,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('sent', 'unsettled', 'answered', 'closed', 'nothing')),
    rehearsal INTEGER NOT NULL,
    in_doubt INTEGER NOT NULL,
    run_id TEXT COLLATE "C",
    sandbox INTEGER NOT NULL,
    started_at TEXT COLLATE "C" NOT NULL,
    parameters TEXT COLLATE "C" NOT NULL,
    known_runs TEXT COLLATE "C",
    positions TEXT COLLATE "C" NOT NULL,
    orchestrator_clock TEXT COLLATE "C",
    gateway_clock TEXT COLLATE "C",
    health TEXT COLLATE "C" NOT NULL,
    notices TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C",
    settled TEXT COLLATE "C",
    document TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C",
    wrong_date TEXT COLLATE "C",
    fence TEXT COLLATE "C",
    version INTEGER NOT NULL DEFAULT 0,
    timeout TEXT COLLATE "C",
    leaves_until TEXT COLLATE "C",
    answered_itself INTEGER NOT NULL DEFAULT 0,
    stayed_dry INTEGER NOT NULL DEFAULT 0,
    broker_before TEXT COLLATE "C"
);
CREATE UNIQUE INDEX one_trade_of_a_number ON trades (session, number) WHERE state <> 'nothing';
CREATE UNIQUE INDEX one_of_a_fence ON trades (fence);
CREATE TABLE orders (
    client_order_id TEXT COLLATE "C" PRIMARY KEY,
    trade BIGINT NOT NULL REFERENCES trades (id),
    symbol TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    qty TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C",
    broker_order_id TEXT COLLATE "C",
    limit_price TEXT COLLATE "C",
    filled_qty TEXT COLLATE "C",
    filled_avg_price TEXT COLLATE "C",
    error_message TEXT COLLATE "C",
    created_at TEXT COLLATE "C",
    booked_qty TEXT COLLATE "C" NOT NULL DEFAULT '0',
    booked_dollars TEXT COLLATE "C" NOT NULL DEFAULT '0',
    followed INTEGER NOT NULL DEFAULT 1,
    order_type TEXT COLLATE "C",
    time_in_force TEXT COLLATE "C",
    ended_in TEXT COLLATE "C",
    contested INTEGER NOT NULL DEFAULT 0,
    said_qty TEXT COLLATE "C",
    said_price TEXT COLLATE "C",
    said_by TEXT COLLATE "C",
    filled_at TEXT COLLATE "C",
    told_by TEXT COLLATE "C",
    gateway_status TEXT COLLATE "C",
    gateway_qty TEXT COLLATE "C",
    gateway_price TEXT COLLATE "C",
    filled_dollars TEXT COLLATE "C",
    rowid BIGINT GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX orders_by_trade ON orders (trade);
CREATE INDEX followed_orders ON orders (followed) WHERE followed = 1;
CREATE INDEX ended_orders ON orders (ended_in) WHERE ended_in IS NOT NULL;
CREATE INDEX contested_orders ON orders (contested) WHERE contested = 1;
CREATE INDEX said_orders ON orders (followed) WHERE followed = 3;
CREATE TABLE epochs (
    id BIGINT PRIMARY KEY,
    trade BIGINT NOT NULL REFERENCES trades (id),
    session TEXT COLLATE "C" NOT NULL,
    base TEXT COLLATE "C" NOT NULL,
    realized TEXT COLLATE "C" NOT NULL,
    last_trade BIGINT,
    closed TEXT COLLATE "C",
    base_account TEXT COLLATE "C",
    provisional INTEGER NOT NULL DEFAULT 0,
    joined TEXT COLLATE "C"
);
CREATE TABLE entries (
    id BIGINT PRIMARY KEY,
    epoch BIGINT NOT NULL REFERENCES epochs (id),
    session TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN (
        'fill', 'correction', 'found', 'gain', 'adjustment', 'split', 'rename',
        'cash_in_lieu', 'income', 'flow', 'other'
    )),
    symbol TEXT COLLATE "C" NOT NULL,
    qty TEXT COLLATE "C" NOT NULL,
    dollars TEXT COLLATE "C" NOT NULL,
    client_order_id TEXT COLLATE "C",
    booked_at TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C",
    restates INTEGER NOT NULL DEFAULT 0,
    effective TEXT COLLATE "C",
    ratio TEXT COLLATE "C",
    new_symbol TEXT COLLATE "C",
    activity TEXT COLLATE "C"
);
CREATE INDEX entries_by_session ON entries (epoch, session);
CREATE TABLE sessions (
    epoch BIGINT NOT NULL REFERENCES epochs (id),
    session TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL,
    complete INTEGER NOT NULL,
    opening TEXT COLLATE "C" NOT NULL,
    realized TEXT COLLATE "C" NOT NULL,
    unrealized TEXT COLLATE "C",
    gains TEXT COLLATE "C" NOT NULL,
    day_pnl TEXT COLLATE "C",
    closing TEXT COLLATE "C",
    exposure TEXT COLLATE "C",
    traded TEXT COLLATE "C" NOT NULL,
    total_pnl TEXT COLLATE "C",
    daily_return TEXT COLLATE "C",
    drawdown TEXT COLLATE "C",
    height TEXT COLLATE "C",
    state TEXT COLLATE "C",
    closed INTEGER NOT NULL DEFAULT 0,
    spans INTEGER NOT NULL DEFAULT 0,
    inflow TEXT COLLATE "C",
    PRIMARY KEY (epoch, session)
);
CREATE TABLE calendar (
    year INTEGER PRIMARY KEY,
    days TEXT COLLATE "C" NOT NULL
);
CREATE TABLE marks (
    session TEXT COLLATE "C" PRIMARY KEY,
    document TEXT COLLATE "C" NOT NULL,
    epoch BIGINT
);
CREATE TABLE mails (
    id BIGINT PRIMARY KEY,
    session TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (
        kind IN ('run', 'settled', 'mark', 'close', 'stopped', 'unvalued', 'late', 'closed')
    ),
    trade BIGINT REFERENCES trades (id),
    trade_number INTEGER NOT NULL,
    number INTEGER NOT NULL,
    on_purpose INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sent', 'unwanted')),
    content TEXT COLLATE "C",
    reached TEXT COLLATE "C" NOT NULL,
    trouble TEXT COLLATE "C",
    queued_at TEXT COLLATE "C" NOT NULL,
    ended_at TEXT COLLATE "C",
    UNIQUE (session, kind, trade_number, number)
);
CREATE INDEX queued_mails ON mails (id) WHERE state = 'queued';
CREATE TABLE deliveries (
    mail BIGINT NOT NULL REFERENCES mails (id),
    destination TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'sent', 'refused', 'unconfirmed', 'expired')),
    copies INTEGER NOT NULL,
    claimed_by TEXT COLLATE "C",
    claimed_until TEXT COLLATE "C",
    ended_at TEXT COLLATE "C",
    PRIMARY KEY (mail, destination)
);
CREATE TABLE broker_accounts (
    epoch BIGINT PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL,
    proven_at TEXT COLLATE "C" NOT NULL,
    proven_by TEXT COLLATE "C" NOT NULL
);
CREATE TABLE broker_money (
    epoch BIGINT NOT NULL REFERENCES epochs (id),
    activity TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C",
    symbol TEXT COLLATE "C",
    date TEXT COLLATE "C",
    net_amount TEXT COLLATE "C",
    qty TEXT COLLATE "C",
    price TEXT COLLATE "C",
    status TEXT COLLATE "C",
    counts TEXT COLLATE "C",
    base TEXT COLLATE "C",
    in_base INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (epoch, activity)
);
CREATE TABLE broker_money_reads (
    epoch BIGINT PRIMARY KEY REFERENCES epochs (id),
    session TEXT COLLATE "C",
    shared_by TEXT COLLATE "C"
);
CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id IS NULL THEN
        EXECUTE format('SELECT COALESCE(MAX(id), 0) + 1 FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME)
            INTO NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER counted BEFORE INSERT ON trades FOR EACH ROW EXECUTE FUNCTION counted();
CREATE TRIGGER counted BEFORE INSERT ON epochs FOR EACH ROW EXECUTE FUNCTION counted();
CREATE TRIGGER counted BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION counted();
CREATE TRIGGER counted BEFORE INSERT ON mails FOR EACH ROW EXECUTE FUNCTION counted();
CREATE TABLE schema_version (version INTEGER NOT NULL);
"""

MIGRATIONS = (
    _FIRST,
    """
    ALTER TABLE sessions ADD COLUMN running TEXT COLLATE "C";
    """,
    "SELECT 1",  # another sequence of columns, which matters to SQLite alone
    """
    CREATE TABLE mail_channels (
        mail BIGINT NOT NULL REFERENCES mails (id),
        channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('email', 'push')),
        state TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sent', 'unwanted')),
        ended_at TEXT COLLATE "C",
        PRIMARY KEY (mail, channel)
    );
    """,
    """
    ALTER TABLE sessions ADD COLUMN long_value TEXT COLLATE "C";
    ALTER TABLE sessions ADD COLUMN short_value TEXT COLLATE "C";
    ALTER TABLE sessions ADD COLUMN gross_limit TEXT COLLATE "C";
    """,
    """
    ALTER TABLE trades ADD COLUMN arrivals TEXT COLLATE "C";
    """,
    """
    CREATE TABLE session_costs (
        epoch BIGINT NOT NULL REFERENCES epochs (id),
        session TEXT COLLATE "C" NOT NULL,
        cost TEXT COLLATE "C",
        notional TEXT COLLATE "C",
        closings TEXT COLLATE "C" NOT NULL,
        PRIMARY KEY (epoch, session)
    );
    CREATE TABLE session_signals (
        epoch BIGINT NOT NULL REFERENCES epochs (id),
        session TEXT COLLATE "C" NOT NULL,
        pairs TEXT COLLATE "C" NOT NULL,
        state TEXT COLLATE "C" NOT NULL,
        recent TEXT COLLATE "C",
        PRIMARY KEY (epoch, session)
    );
    """,
    """
    ALTER TABLE sessions ADD COLUMN drawdowns TEXT COLLATE "C";
    ALTER TABLE sessions ADD COLUMN benchmark TEXT COLLATE "C";
    ALTER TABLE sessions ADD COLUMN beside TEXT COLLATE "C";
    ALTER TABLE sessions ADD COLUMN benchmark_equity TEXT COLLATE "C";
    CREATE TABLE months (
        epoch BIGINT NOT NULL REFERENCES epochs (id),
        month TEXT COLLATE "C" NOT NULL,
        sessions INTEGER NOT NULL,
        pnl TEXT COLLATE "C" NOT NULL,
        growth TEXT COLLATE "C",
        PRIMARY KEY (epoch, month)
    );
    CREATE INDEX kept_books ON sessions (epoch, session) WHERE state IS NOT NULL;
    """,
    """
    CREATE TABLE symbol_sessions (
        epoch BIGINT NOT NULL REFERENCES epochs (id),
        session TEXT COLLATE "C" NOT NULL,
        symbol TEXT COLLATE "C" NOT NULL,
        qty TEXT COLLATE "C" NOT NULL,
        average TEXT COLLATE "C",
        mark TEXT COLLATE "C",
        realized_pnl TEXT COLLATE "C",
        unrealized_pnl TEXT COLLATE "C",
        total_pnl TEXT COLLATE "C",
        day_pnl TEXT COLLATE "C",
        holding_pnl TEXT COLLATE "C",
        trading_pnl TEXT COLLATE "C",
        prediction TEXT COLLATE "C",
        weight TEXT COLLATE "C",
        PRIMARY KEY (epoch, session, symbol)
    );
    CREATE TABLE round_trips (
        epoch BIGINT NOT NULL REFERENCES epochs (id),
        session TEXT COLLATE "C" NOT NULL,
        number INTEGER NOT NULL,
        symbol TEXT COLLATE "C" NOT NULL,
        side TEXT COLLATE "C" NOT NULL,
        opened TEXT COLLATE "C" NOT NULL,
        closed TEXT COLLATE "C" NOT NULL,
        sessions INTEGER NOT NULL,
        pnl TEXT COLLATE "C" NOT NULL,
        PRIMARY KEY (epoch, session, number)
    );
    ALTER TABLE sessions ADD COLUMN symbols TEXT COLLATE "C";
    """,
    """
    -- none: PostgreSQL has long texts apart from the rows
    """,
    """
    -- none: PostgreSQL has long texts apart from the rows
    """,
)
"""The scripts, in their sequence; those behind the first have the numbers that SQLite's have."""


def version() -> int:
    """Return the version that this program knows."""
    return BEGINS_AT + len(MIGRATIONS) - 1
