"""The trading platform in miniature: T3, T4, T5 and a quotes service as real HTTP servers on loopback.

    with Sandbox(Path("state.sqlite3")) as sandbox:
        requests.post(f"{sandbox.orchestrator_url}/api/v1/orchestration/run", json={"symbols": ["AAPL"]})

Every orchestration plays the next NYSE session, from 2025-01-02 on: its orders fill at that session's
opening price, 1 to 5 basis points against the trader; afterwards positions and quotes show its closing
price. A run that T3 refuses, a kill switch, and a request that does not pass validation leave the session
unplayed. Any symbol has a price on any date (`paper_run.sandbox.market`), the same on every machine.

These symbols misbehave on demand. All but HALT rank first and get a buy order whatever the other symbols:

REJECT   T4 answers 422: no id, `rejected`, `submission_failed: 422`; nothing is placed.
REFUSE   T4 takes the order, the broker rejects it: GET order says `rejected`, with its id and reason.
PARTIAL  Half fills (rounded down, at least one share): `partially_filled`, `expired` at the next open.
LATE     `accepted`; fills at the opening price of the next session that is played. Both are `gtc` orders.
CANCEL   `canceled` without a fill.
DOUBT    T4 places and fills it, but its answer is lost: T5 reports `rejected`, a quantity, and no id.
NOPRICE  Fills; the position has no current price and no unrealized P&L, and there is no quote.
HALT     The kill switch: T5 answers 503 and nothing is traded.
DEAF     Fills at the broker, but T4 never hears of it: `pending_new` for ever, and no position.
CUTOFF   Fills at the broker, but T4's connection to it breaks: `rejected` with an error, no broker's id, no
         position; T5 reports a quantity, no id and `submission_failed: 500`.
SPLIT    Splits 2:1 at the open of the third session there is, 2025-01-06: its prices halve, and the shares
         that were held double, at the broker and in T4, which takes them over from it.
DIVIDEND Pays 0.25 dollars in cash on each share that was held before that session.
FEE      Costs a cent a share that is bought or sold: accrued by day, charged when the next session begins.
INTEREST The account gets 4.17 dollars of interest in the third session, if any was held before it.
DEPOSIT  Likewise 1,000 dollars are deposited in cash.

The quotes service is the broker too, and shows what it is asked for with any pair of keys: `/v2/account`,
`/v2/orders` (`status, after, until, direction, limit, symbols`), `/v2/orders:by_client_order_id`,
`/v2/positions`, `/v2/account/activities`
(`activity_types, category, after, until, direction, page_size, page_token`) and `/v1/corporate-actions`
(`symbols, types, start, end`). Its prices are the last close's.

With a secret T3 and T4 demand signatures of everything but `/` and `/health`, as the platform of 2026 does.
"""

from paper_run.sandbox.assembly import Sandbox
from paper_run.sandbox.errors import SandboxError

__all__ = ["Sandbox", "SandboxError"]
