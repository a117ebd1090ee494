"""The schema as a numbered list: the first versions, and those since; once released, none is ever changed."""

from paper_run.ledger.sqlite.first_versions import FIRST_VERSIONS

APPLICATION_ID = 0x70727531  # "pru1": what tells a ledger from any other SQLite file

MIGRATIONS = (
    *FIRST_VERSIONS,
    """
    -- what an earlier version called rejected, and nothing proves: the next look states which are in doubt
    UPDATE trades SET in_doubt = MAX(in_doubt, (
        SELECT COUNT(*) FROM orders WHERE orders.trade = trades.id AND said_by IS NULL
        AND status IN ('rejected', 'failed') AND COALESCE(broker_order_id, '') = ''
        AND COALESCE(error_message, '') <> ''
    )) WHERE state = 'closed' AND rehearsal = 0
        AND id > COALESCE((SELECT MAX(last_trade) FROM epochs), 0);
    """,
    """
    -- the broker's account that is proven to be a book's: since when (our clock, UTC), and by which order
    CREATE TABLE broker_accounts (
        epoch INTEGER PRIMARY KEY,
        number TEXT NOT NULL,
        proven_at TEXT NOT NULL,
        proven_by TEXT NOT NULL
    );
    -- whose word an order's state is: 'broker', NULL: the gateway's
    ALTER TABLE orders ADD COLUMN told_by TEXT;
    -- the gateway's word where the broker's stands in its place
    ALTER TABLE orders ADD COLUMN gateway_status TEXT;
    ALTER TABLE orders ADD COLUMN gateway_qty TEXT;
    ALTER TABLE orders ADD COLUMN gateway_price TEXT;
    -- what the fills came to, unsigned, where the broker's executions tell it
    ALTER TABLE orders ADD COLUMN filled_dollars TEXT;
    """,
    """
    -- what the broker showed before the POST, JSON: its account's number, the ids of its orders of the day
    -- (null: not known), and its own clock with them; NULL: it was not asked
    ALTER TABLE trades ADD COLUMN broker_before TEXT;
    """,
    """
    -- dollars that came in and are no P&L, without what went out; NULL: the figures of the row tell it
    ALTER TABLE sessions ADD COLUMN inflow TEXT;
    -- entries of more kinds: money that is not trading, and a symbol that has another name now
    CREATE TABLE new_entries (
        id INTEGER PRIMARY KEY,
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        session TEXT NOT NULL,            -- the one in which it was seen
        kind TEXT NOT NULL CHECK (kind IN (
            'fill', 'correction', 'found', 'gain', 'adjustment', 'split', 'rename',
            'cash_in_lieu', 'income', 'flow', 'other'
        )),
        symbol TEXT NOT NULL,
        qty TEXT NOT NULL,                -- signed
        dollars TEXT NOT NULL,            -- signed like it; of money: in is positive
        client_order_id TEXT,
        booked_at TEXT NOT NULL,          -- our clock, UTC
        note TEXT,
        restates INTEGER NOT NULL DEFAULT 0,
        effective TEXT,
        ratio TEXT
    );
    INSERT INTO new_entries (id, epoch, session, kind, symbol, qty, dollars, client_order_id, booked_at, note,
        restates, effective, ratio)
    SELECT id, epoch, session, kind, symbol, qty, dollars, client_order_id, booked_at, note,
        restates, effective, ratio FROM entries;
    DROP TABLE entries;
    ALTER TABLE new_entries RENAME TO entries;
    CREATE INDEX entries_by_session ON entries (epoch, session);
    """,
    """
    -- what a symbol is called since a rename
    ALTER TABLE entries ADD COLUMN new_symbol TEXT;
    """,
    """
    -- what moved money or shares at the broker without being a fill, as a book has it
    CREATE TABLE broker_money (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        activity TEXT NOT NULL,           -- the broker's id
        type TEXT,                        -- its words and amounts as booked; NULL: it was not read yet
        symbol TEXT,
        date TEXT,
        net_amount TEXT,                  -- dollars; in is positive
        qty TEXT,                         -- signed shares
        price TEXT,
        status TEXT,
        counts TEXT,                      -- as what it is booked: JSON [kind, symbol, qty, dollars], or NULL
        base TEXT,                        -- what of it the base of the book has in it, likewise
        in_base INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (epoch, activity)
    );
    -- the session in which a book's money was read last, and the order that shows that the account is shared
    CREATE TABLE broker_money_reads (
        epoch INTEGER PRIMARY KEY REFERENCES epochs (id),
        session TEXT,
        shared_by TEXT
    );
    ALTER TABLE entries ADD COLUMN activity TEXT;  -- the broker's id of the money that it is
    """,
    """
    -- the broker's account whose cash and holdings before the first attempt are the base; NULL: the base is
    -- that attempt's capital
    ALTER TABLE epochs ADD COLUMN base_account TEXT;
    -- 1: an account was read and is not proven yet, so that the base may be set right
    ALTER TABLE epochs ADD COLUMN provisional INTEGER NOT NULL DEFAULT 0;
    -- the session in which what the proven account had besides the book was booked; NULL: it was not
    ALTER TABLE epochs ADD COLUMN joined TEXT;
    """,
    """
    -- the statistics' state after the session, see book/days: JSON; NULL: it is made of all sessions before
    ALTER TABLE sessions ADD COLUMN running TEXT;
    """,
    """
    -- SQLite reads through all that lies before a column: the texts lie behind what is read of all attempts.
    -- A column that is added later lies behind them, and is none of those.
    CREATE TABLE new_trades (
        id INTEGER PRIMARY KEY, session TEXT NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL CHECK (state IN ('sent', 'unsettled', 'answered', 'closed', 'nothing')),
        rehearsal INTEGER NOT NULL, in_doubt INTEGER NOT NULL, run_id TEXT, status TEXT, wrong_date TEXT,
        fence TEXT, version INTEGER NOT NULL DEFAULT 0, sandbox INTEGER NOT NULL, started_at TEXT NOT NULL,
        timeout TEXT, leaves_until TEXT, answered_itself INTEGER NOT NULL DEFAULT 0,
        stayed_dry INTEGER NOT NULL DEFAULT 0, orchestrator_clock TEXT, gateway_clock TEXT, settled TEXT,
        parameters TEXT NOT NULL, known_runs TEXT, positions TEXT NOT NULL, broker_before TEXT,
        health TEXT NOT NULL, notices TEXT NOT NULL, answer TEXT, document TEXT NOT NULL
    );
    INSERT INTO new_trades SELECT id, session, number, key, state, rehearsal, in_doubt, run_id, status,
        wrong_date, fence, version, sandbox, started_at, timeout, leaves_until, answered_itself, stayed_dry,
        orchestrator_clock, gateway_clock, settled, parameters, known_runs, positions, broker_before, health,
        notices, answer, document FROM trades;
    DROP TABLE trades;
    ALTER TABLE new_trades RENAME TO trades;
    CREATE UNIQUE INDEX one_trade_of_a_number ON trades (session, number) WHERE state <> 'nothing';
    CREATE INDEX trade_statuses ON trades (session, number, id, status);
    CREATE UNIQUE INDEX one_of_a_fence ON trades (fence);
    CREATE TABLE new_marks (session TEXT PRIMARY KEY, epoch INTEGER, document TEXT NOT NULL);
    INSERT INTO new_marks SELECT session, epoch, document FROM marks;
    DROP TABLE marks;
    ALTER TABLE new_marks RENAME TO marks;
    """,
    """
    -- by which channels a mail goes, and how it ended with each; one without a row here goes by e-mail alone
    CREATE TABLE mail_channels (
        mail INTEGER NOT NULL REFERENCES mails (id),
        channel TEXT NOT NULL CHECK (channel IN ('email', 'push')),
        state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'unwanted')),
        ended_at TEXT,
        PRIMARY KEY (mail, channel)
    );
    """,
    """
    -- market value of what is long and of what is short (zero or less), dollars, and past which percent of
    -- equity gross exposure was warned of then; NULL: not known, and no limit
    ALTER TABLE sessions ADD COLUMN long_value TEXT;
    ALTER TABLE sessions ADD COLUMN short_value TEXT;
    ALTER TABLE sessions ADD COLUMN gross_limit TEXT;
    """,
    """
    -- the market's prices before the POST, JSON by symbol; NULL: they were not read
    ALTER TABLE trades ADD COLUMN arrivals TEXT;
    """,
    """
    -- what each session's orders cost, of which arrival prices were read
    CREATE TABLE session_costs (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        session TEXT NOT NULL,
        cost TEXT,                        -- dollars, a cost positive, without fees; NULL: not known
        notional TEXT,                    -- dollars, at arrival prices
        closings TEXT NOT NULL,           -- JSON: closing marks of what was not filled whole
        PRIMARY KEY (epoch, session)
    );
    -- what was predicted in the session before, and came, between both arrival prices
    CREATE TABLE session_signals (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        session TEXT NOT NULL,
        pairs TEXT NOT NULL,              -- JSON: symbol, predicted, realized, whether it counts
        state TEXT NOT NULL,              -- JSON: what all pairs up to it have come to
        recent TEXT,                      -- rank IC of the latest twenty sessions, NULL: not defined
        PRIMARY KEY (epoch, session)
    );
    """,
    """
    -- the drawdowns' state after the session, see book/drawdowns: JSON; NULL: made of all sessions before
    ALTER TABLE sessions ADD COLUMN drawdowns TEXT;
    -- the benchmark's price, JSON: symbol, price, source, time; NULL: none was read
    ALTER TABLE sessions ADD COLUMN benchmark TEXT;
    -- the comparison's state, see book/benchmark: JSON; NULL beside a price: it is made of all sessions
    ALTER TABLE sessions ADD COLUMN beside TEXT;
    -- what equity would be in the benchmark, dollars and cents; NULL: it has not begun
    ALTER TABLE sessions ADD COLUMN benchmark_equity TEXT;
    -- the months of a book that are over, made of its complete sessions
    CREATE TABLE months (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        month TEXT NOT NULL,              -- 2025-01
        sessions INTEGER NOT NULL,        -- how many
        pnl TEXT NOT NULL,                -- the sum of their day P&L, dollars and cents
        growth TEXT,                      -- what 1 has compounded to; NULL: nothing was there to compound
        PRIMARY KEY (epoch, month)
    );
    -- the few rows that keep a book are found without reading all
    CREATE INDEX kept_books ON sessions (epoch, session) WHERE state IS NOT NULL;
    """,
    """
    -- a symbol in a session, as it was valued last, see book/symbols; amounts as text, NULL: not known
    CREATE TABLE symbol_sessions (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        session TEXT NOT NULL,
        symbol TEXT NOT NULL,
        qty TEXT NOT NULL,                -- signed
        average TEXT,
        mark TEXT,
        realized_pnl TEXT,
        unrealized_pnl TEXT,
        total_pnl TEXT,
        day_pnl TEXT,
        holding_pnl TEXT,
        trading_pnl TEXT,
        prediction TEXT,
        weight TEXT,
        PRIMARY KEY (epoch, session, symbol)
    );
    -- what ended from flat to flat, see book/symbols; `session` is the one whose valuation found it
    CREATE TABLE round_trips (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        session TEXT NOT NULL,
        number INTEGER NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        opened TEXT NOT NULL,
        closed TEXT NOT NULL,
        sessions INTEGER NOT NULL,
        pnl TEXT NOT NULL,
        PRIMARY KEY (epoch, session, number)
    );
    -- what each symbol has come to after the session: JSON; NULL: it is made of all rows and entries before
    ALTER TABLE sessions ADD COLUMN symbols TEXT;
    """,
    """
    -- SQLite reads a row's whole page: what is read of all attempts and sessions, apart from their texts
    DROP INDEX IF EXISTS trade_statuses;
    CREATE INDEX IF NOT EXISTS attempts_apart ON trades (
        session, number, id, state, in_doubt, run_id, status, rehearsal, wrong_date
    );
    CREATE INDEX IF NOT EXISTS session_figures ON sessions (
        epoch, session, complete, day_pnl, total_pnl, closing, daily_return, drawdown, opening, height, gains,
        inflow, long_value, short_value, gross_limit, benchmark_equity
    );
    -- what a day asks of all of them, found without reading all; each index of SQLite ends with the id
    CREATE INDEX IF NOT EXISTS sessions_by_date ON sessions (session);
    CREATE INDEX IF NOT EXISTS entries_in_sequence ON entries (epoch);
    CREATE INDEX IF NOT EXISTS entries_by_kind ON entries (epoch, kind);
    """,
    """
    -- which sessions were marked, apart from what was said of them
    CREATE INDEX IF NOT EXISTS marks_apart ON marks (session, epoch);
    """,
)
