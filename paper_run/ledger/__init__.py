"""What must survive a crash, in a SQLite file or a schema of PostgreSQL: attempts, orders, results, the book.

Tables (see `sqlite/schema.py` for the columns):

- `account`: whose ledger it is: sandbox or real, the orchestrator's URL, the strategy.
- `trades`: a row for each POST, committed and synced before it is sent. `state` tells what is known of it:
  `sent` (the program ended before an answer), `unsettled` (the answer is lost), `answered` (the answer is
  here, the orders are not read yet), `closed`, `nothing` (provably placed nothing: the session stays open).
  `document` is the result as JSON text, from which every file is made again; it is there from the first
  moment.
- `orders`: each order's latest state, and the attempt that owns its id.
"""
