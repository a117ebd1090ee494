"""The SQL that SQLite alone takes, by what it means; the rest of the ledger's is any store's."""

TRADES = "trades NOT INDEXED"
"""The table of attempts itself, read by no index: a damaged one must never hide an attempt."""

NEWEST = f"id > (SELECT MAX(id) FROM {TRADES}) - 50"
"""The newest attempts: each has a page of its own, and a decade of them takes as long as a tenth of a day."""

ROW = "rowid"
"""The column that counts a table's rows in the order in which they were first written."""


def field(document: str, name: str) -> str:
    """Return what a JSON object has by a name at its top; NULL too where the text is no JSON.

    :param document: a column, or the name of a value.
    """
    return f"CASE WHEN json_valid({document}) THEN json_extract({document}, '$.{name}') END"
