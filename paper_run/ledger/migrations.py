"""The ledger's schema as a numbered list; a version, once released, is never changed."""

APPLICATION_ID = 0x70727531  # "pru1": what tells a ledger from any other SQLite file

MIGRATIONS = (
    """
    CREATE TABLE account (
        name TEXT PRIMARY KEY,            -- sandbox (0 or 1), orchestrator_url, strategy
        value TEXT NOT NULL
    );
    CREATE TABLE trades (
        id INTEGER PRIMARY KEY,
        session TEXT NOT NULL,            -- the exchange's date when the POST was sent
        number INTEGER NOT NULL,          -- the n-th trade of the session
        key TEXT NOT NULL UNIQUE,         -- the POST's Idempotency-Key
        state TEXT NOT NULL CHECK (state IN ('sent', 'unsettled', 'answered', 'closed', 'nothing')),
        rehearsal INTEGER NOT NULL,       -- 1: the gateway was in DRY_RUN
        sandbox INTEGER NOT NULL,
        started_at TEXT NOT NULL,         -- our clock, UTC
        parameters TEXT NOT NULL,         -- JSON, amounts as text
        known_runs TEXT,                  -- JSON list of the run ids listed before the POST; NULL: not known
        positions TEXT NOT NULL,          -- JSON, the gateway's positions before the POST
        orchestrator_clock TEXT,          -- T5's own time before the POST, as it words it
        gateway_clock TEXT,               -- T4's time before the POST, UTC
        health TEXT NOT NULL,             -- JSON
        notices TEXT NOT NULL,            -- JSON list of warnings that stood before the POST
        run_id TEXT,
        answer TEXT,                      -- T5's answer, as it came
        settled TEXT,                     -- how an unsettled trade was settled, by whom and when
        in_doubt INTEGER NOT NULL,        -- how many of its orders are in doubt
        document TEXT NOT NULL            -- the result, JSON
    );
    CREATE UNIQUE INDEX one_trade_of_a_number ON trades (session, number) WHERE state <> 'nothing';
    CREATE TABLE orders (
        client_order_id TEXT PRIMARY KEY,
        trade INTEGER NOT NULL REFERENCES trades (id),
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        qty TEXT NOT NULL,
        status TEXT,                      -- NULL: never read from the gateway
        broker_order_id TEXT,
        limit_price TEXT,
        filled_qty TEXT,
        filled_avg_price TEXT,
        error_message TEXT,
        created_at TEXT
    );
    CREATE INDEX orders_by_trade ON orders (trade);
    """,
)
