"""The ledger in a schema of a PostgreSQL database, for several hosts."""
