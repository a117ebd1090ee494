"""The scripts of a ledger's first versions; a version, once released, is never changed."""

FIRST_VERSIONS = (
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
        in_doubt INTEGER NOT NULL,        -- how many of its orders are in doubt
        run_id TEXT,
        sandbox INTEGER NOT NULL,
        started_at TEXT NOT NULL,         -- our clock, UTC
        parameters TEXT NOT NULL,         -- JSON, amounts as text
        known_runs TEXT,                  -- JSON list of the run ids listed before the POST; NULL: not known
        positions TEXT NOT NULL,          -- JSON, the gateway's positions before the POST
        orchestrator_clock TEXT,          -- T5's own time before the POST, as it words it
        gateway_clock TEXT,               -- T4's time before the POST, UTC
        health TEXT NOT NULL,             -- JSON
        notices TEXT NOT NULL,            -- JSON list of warnings that stood before the POST
        answer TEXT,                      -- T5's answer, as it came
        settled TEXT,                     -- how an unsettled trade was settled, by whom and when
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
    """
    -- the result's status, with an index that tells it without reading the documents
    ALTER TABLE trades ADD COLUMN status TEXT;
    UPDATE trades SET status = json_extract(document, '$.status') WHERE json_valid(document);
    CREATE INDEX trade_statuses ON trades (session, number, id, status);
    -- what of an order is in the book: shares, and what they came to, both unsigned
    ALTER TABLE orders ADD COLUMN booked_qty TEXT NOT NULL DEFAULT '0';
    ALTER TABLE orders ADD COLUMN booked_dollars TEXT NOT NULL DEFAULT '0';
    -- 1: it is read again, 0: it has ended, 2: stale, given up
    ALTER TABLE orders ADD COLUMN followed INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX followed_orders ON orders (followed) WHERE followed = 1;
    CREATE TABLE epochs (
        id INTEGER PRIMARY KEY,
        trade INTEGER NOT NULL REFERENCES trades (id),  -- the first that the book holds
        session TEXT NOT NULL,
        base TEXT NOT NULL,               -- that trade's capital
        realized TEXT NOT NULL,           -- JSON: what the gateway had realized before it, by symbol
        last_trade INTEGER,               -- the last that the book holds; NULL: it is the present book
        closed TEXT                       -- by whom and when
    );
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        session TEXT NOT NULL,            -- the one in which it was seen
        kind TEXT NOT NULL CHECK (kind IN ('fill', 'correction', 'found', 'gain', 'adjustment', 'split')),
        symbol TEXT NOT NULL,
        qty TEXT NOT NULL,                -- signed
        dollars TEXT NOT NULL,            -- signed like it
        client_order_id TEXT,
        booked_at TEXT NOT NULL,          -- our clock, UTC
        note TEXT
    );
    CREATE TABLE sessions (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        session TEXT NOT NULL,
        entry INTEGER NOT NULL,           -- the last entry that is in it
        complete INTEGER NOT NULL,        -- 1: every open position had a price
        opening TEXT NOT NULL,            -- dollars and cents, like all that follow
        realized TEXT NOT NULL,           -- since inception, like all that follow but day_pnl
        unrealized TEXT,
        gains TEXT NOT NULL,
        day_pnl TEXT,
        closing TEXT,
        exposure TEXT,
        traded TEXT NOT NULL,
        total_pnl TEXT,
        daily_return TEXT,
        drawdown TEXT,                    -- how far compounded equity is below its peak, zero or negative
        height TEXT,                      -- compounded equity / its peak, 28 digits
        state TEXT,                       -- JSON: the book then; NULL when no longer needed
        PRIMARY KEY (epoch, session)
    );
    CREATE TABLE calendar (
        year INTEGER PRIMARY KEY,
        days TEXT NOT NULL                -- JSON: holidays and half days, and who said so
    );
    CREATE TABLE marks (
        session TEXT PRIMARY KEY,
        document TEXT NOT NULL            -- the latest mark's result, JSON
    );
    """,
    """
    -- what went well and was not executed is no success in any overview
    UPDATE trades SET status = 'rehearsal' WHERE rehearsal = 1 AND status = 'success';
    CREATE TABLE mails (
        id INTEGER PRIMARY KEY,
        session TEXT NOT NULL,            -- the one that it tells of; of a closed day that day
        kind TEXT NOT NULL CHECK (
            kind IN ('run', 'settled', 'mark', 'close', 'stopped', 'unvalued', 'late', 'closed')
        ),
        trade INTEGER REFERENCES trades (id),  -- NULL: none
        trade_number INTEGER NOT NULL,    -- that trade's number, 0: none
        number INTEGER NOT NULL,          -- the n-th mail of that session, kind and trade number
        on_purpose INTEGER NOT NULL,      -- 1: somebody asked for it, so it is wanted
        state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'unwanted')),
        content TEXT,                     -- JSON of what it tells; NULL: the result that is in the ledger
        reached TEXT NOT NULL,            -- JSON list: who has it
        trouble TEXT,                     -- why it could not be sent last
        queued_at TEXT NOT NULL,          -- our clock, UTC, like the next
        ended_at TEXT,                    -- when it was sent, or found to be unwanted
        UNIQUE (session, kind, trade_number, number)
    );
    CREATE INDEX queued_mails ON mails (id) WHERE state = 'queued';
    """,
    """
    -- the ledger's own id: results and commands name it
    INSERT INTO account (name, value) VALUES ('ledger', lower(hex(randomblob(4))));
    """,
    """
    -- the book that a mark is of; before, of several that have its session, the one that has its beginning
    ALTER TABLE marks ADD COLUMN epoch INTEGER;
    UPDATE marks SET epoch = COALESCE(
        (SELECT MAX(sessions.epoch) FROM sessions JOIN epochs ON epochs.id = sessions.epoch
         WHERE sessions.session = marks.session AND epochs.session =
             CASE WHEN json_valid(document) THEN json_extract(document, '$.pnl.since') END),
        (SELECT MAX(epoch) FROM sessions WHERE sessions.session = marks.session),
        1
    );
    """,
    """
    -- by whom and when its session was said to be a wrong date; NULL: it is right
    ALTER TABLE trades ADD COLUMN wrong_date TEXT;
    """,
    """
    -- what no second trade of its session can have: the session's date, `DATE after N` for one that was made
    -- on purpose (N: the session's newest row when it was asked for, 0: none); NULL: it closes no session
    ALTER TABLE trades ADD COLUMN fence TEXT;
    -- how often the row was written: a write is made on the version that was read
    ALTER TABLE trades ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
    -- its --timeout in seconds, NULL: not known
    ALTER TABLE trades ADD COLUMN timeout TEXT;
    -- our clock, UTC: the POST leaves until then, or not at all
    ALTER TABLE trades ADD COLUMN leaves_until TEXT;
    -- 1: the orchestrator itself has answered, so it works on it no longer
    ALTER TABLE trades ADD COLUMN answered_itself INTEGER NOT NULL DEFAULT 0;
    -- 1: the gateway was in DRY_RUN again right after a rehearsal
    ALTER TABLE trades ADD COLUMN stayed_dry INTEGER NOT NULL DEFAULT 0;
    -- a session that was traded several times keeps all of them, each made after the one before
    UPDATE trades SET fence = session || COALESCE(
        (SELECT ' after ' || MAX(earlier.id) FROM trades AS earlier WHERE earlier.session = trades.session
         AND earlier.id < trades.id AND earlier.rehearsal = 0 AND earlier.state <> 'nothing'), '')
        WHERE rehearsal = 0 AND state <> 'nothing';
    CREATE UNIQUE INDEX one_of_a_fence ON trades (fence);
    """,
    """
    -- which kind of order it is, in the gateway's words; NULL: not known, taken for a market order of the day
    ALTER TABLE orders ADD COLUMN order_type TEXT;
    ALTER TABLE orders ADD COLUMN time_in_force TEXT;
    -- the session in which it was seen to have ended: it is read again in the three that follow
    ALTER TABLE orders ADD COLUMN ended_in TEXT;
    -- 1: of what is booked the gateway has taken something back, or says another price
    ALTER TABLE orders ADD COLUMN contested INTEGER NOT NULL DEFAULT 0;
    -- what a person says that it has filled, and who and when: it takes the place of the gateway's word.
    -- In `followed` 3 means that this is still to be booked, and nothing is given up (2) any more.
    ALTER TABLE orders ADD COLUMN said_qty TEXT;
    ALTER TABLE orders ADD COLUMN said_price TEXT;
    ALTER TABLE orders ADD COLUMN said_by TEXT;
    UPDATE orders SET followed = 1 WHERE followed = 2;
    CREATE INDEX ended_orders ON orders (ended_in) WHERE ended_in IS NOT NULL;
    CREATE INDEX contested_orders ON orders (contested) WHERE contested = 1;
    CREATE INDEX said_orders ON orders (followed) WHERE followed = 3;
    -- 1: it takes the place of all that was booked of its order before
    ALTER TABLE entries ADD COLUMN restates INTEGER NOT NULL DEFAULT 0;
    """,
    """
    -- the session in which an entry took effect, NULL: the one in which it was seen; and a split's ratio, N:M
    ALTER TABLE entries ADD COLUMN effective TEXT;
    ALTER TABLE entries ADD COLUMN ratio TEXT;
    -- the gateway's time of an order's latest fill, UTC
    ALTER TABLE orders ADD COLUMN filled_at TEXT;
    CREATE INDEX entries_by_session ON entries (epoch, session);
    -- 1: it was marked whole after its close, and keeps that closing
    ALTER TABLE sessions ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
    -- 1: it opened from a closing of more than one session back, so that its return is no day's
    ALTER TABLE sessions ADD COLUMN spans INTEGER NOT NULL DEFAULT 0;
    """,
    """
    -- whom a mail goes to: a row for each of its destinations, from the first attempt on
    CREATE TABLE deliveries (
        mail INTEGER NOT NULL REFERENCES mails (id),
        destination TEXT NOT NULL,        -- a hash of the ledger's id and the address, never the address
        state TEXT NOT NULL CHECK (state IN ('open', 'sent', 'refused', 'unconfirmed', 'expired')),
        copies INTEGER NOT NULL,          -- how many left without a clean answer: each may have arrived
        claimed_by TEXT,                  -- the host that is sending it
        claimed_until TEXT,               -- our clock, UTC, like the next
        ended_at TEXT,
        PRIMARY KEY (mail, destination)
    );
    """,
)
