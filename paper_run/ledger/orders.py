"""The orders: whose they are, and how broker or gateway last had them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.ledger import rows
from paper_run.ledger.rows import Part, put_into
from paper_run.ledger.sqlite import dialect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.model.attempt import AttemptRow
    from paper_run.model.order import OrderState, SignalOrder


class Orders(Part):
    """The part of the ledger that keeps orders; each belongs to one attempt."""

    def take_over(self, row: AttemptRow, client_order_ids: Iterable[str]) -> None:
        """Give an attempt those of these orders that a rehearsal owns; nothing was read of them yet."""
        for identity in client_order_ids:
            self._store.run(
                "UPDATE orders SET trade = ?, status = NULL, broker_order_id = NULL, filled_qty = NULL, "
                "filled_avg_price = NULL, error_message = NULL, followed = 1 WHERE client_order_id = ? "
                "AND trade <> ? AND trade IN (SELECT id FROM trades WHERE rehearsal = 1)",
                row.id,
                identity,
                row.id,
            )

    def own(self, row: AttemptRow, mappings: Iterable[SignalOrder], states: Iterable[OrderState]) -> None:
        """Write an attempt's orders: which are its own, and what the gateway says of them."""
        with self._store.transaction(), self._store.translated_errors():
            self._store.execute_many(
                "INSERT INTO orders (client_order_id, trade, symbol, side, qty) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (client_order_id) DO NOTHING",
                [
                    (each.client_order_id, row.id, each.symbol, each.side, str(each.qty))
                    for each in mappings
                    if None not in (each.client_order_id, each.qty, each.side)
                ],
            )
            found = self._store.rows("SELECT * FROM orders WHERE trade = ?", row.id)
            there = {each["client_order_id"]: each for each in found}
            for state in states:
                name = state.client_order_id
                self._keep(row.id, state, there[name] if name in there else self._row(name))

    def keep_orders(self, states: Iterable[OrderState]) -> None:
        """Write what the gateway says now of orders that an attempt owns already."""
        with self._store.transaction(), self._store.translated_errors():
            for state in states:
                if (row := self._row(state.client_order_id)) is not None:
                    self._keep(row["trade"], state, row)

    def order_states(self, row: AttemptRow, also: Iterable[str] = ()) -> dict[str, OrderState]:
        """Return the orders of an attempt as they were last read, and some of other attempts by their ids."""
        query = "SELECT * FROM orders WHERE (status IS NOT NULL OR said_by IS NOT NULL) AND "
        with self._store.translated_errors():
            own = self._store.rows(query + "trade = ?", row.id)
            states = {each["client_order_id"]: rows.order(each) for each in own}
            for identity in also:
                if identity not in states and (
                    found := self._store.rows(query + "client_order_id = ?", identity)
                ):
                    states[identity] = rows.order(found[0])
        return states

    def newest_at_gateway(self) -> str | None:
        """Return the id of the order written last that the gateway has told of; None: there is none."""
        found = self._store.rows(
            "SELECT client_order_id FROM orders JOIN trades ON trades.id = trade WHERE rehearsal = 0 AND "
            f"orders.status IS NOT NULL AND (told_by IS NULL OR gateway_status IS NOT NULL) "
            f"ORDER BY orders.{dialect.ROW} DESC LIMIT 1"
        )
        return found[0]["client_order_id"] if found else None

    def owners(self, client_order_ids: Iterable[str]) -> dict[str, int]:
        """Return which of these orders are owned, and by which attempt's row."""
        owned = {}
        for identity in client_order_ids:
            for row in self._store.rows("SELECT trade FROM orders WHERE client_order_id = ?", identity):
                owned[identity] = int(row["trade"])
        return owned

    def sent_before(self, attempt: int, broker_order_ids: Iterable[str]) -> dict[str, OrderState]:
        """Return which of these orders, by the broker's ids, were sent by attempts before one, by row."""
        query = "SELECT * FROM orders WHERE trade < ? AND broker_order_id = ?"
        with self._store.translated_errors():
            return {
                identity: rows.order(row)
                for identity in broker_order_ids
                for row in self._store.rows(query, attempt, identity)
            }

    def _row(self, client_order_id: str) -> Any:
        found = self._store.rows("SELECT * FROM orders WHERE client_order_id = ?", client_order_id)
        return found[0] if found else None

    def keep_told(self, state: OrderState) -> None:
        """Write what the broker says of an order that is owned; the gateway's word stays beside it."""
        name, columns = state.client_order_id, rows.order_columns(state)
        self._store.run(
            "UPDATE orders SET gateway_status = status, gateway_qty = filled_qty, "
            "gateway_price = filled_avg_price WHERE client_order_id = ? AND told_by IS NULL",
            name,
        )
        said = [column for column in columns if column not in _AS_ORDERED]
        put = ", ".join(f"{column} = ?" for column in said)
        self._store.run(
            f"UPDATE orders SET {put} WHERE client_order_id = ?", *(columns[column] for column in said), name
        )

    def _keep(self, owner: int, state: OrderState, row: Any) -> None:
        """Write what is said of an order. :param row: as it is kept; None: it is not."""
        if state.told_by is not None:
            self.keep_told(state)
            return
        columns = rows.order_columns(state)
        if row is None or not _stands(row, state):
            if row is None or any(row[name] != value for name, value in columns.items()):
                columns["trade"] = owner
                put = put_into("orders", columns, key=("client_order_id",), keeps=("trade",))
                self._store.execute(put, tuple(columns.values()))
        elif row["told_by"] is not None:
            self._store.run(
                "UPDATE orders SET gateway_status = ?, gateway_qty = ?, gateway_price = ? "
                "WHERE client_order_id = ?",
                *(state.status, columns["filled_qty"], columns["filled_avg_price"], state.client_order_id),
            )


def _stands(row: Any, state: OrderState) -> bool:
    """Whether a higher word stands in the place of what the gateway says of an order.

    A person's does, and the broker's last one: of an order that ended, or of one that has filled more. A
    refusal without the broker's own id says nothing against the broker.
    """
    if row["told_by"] is None:
        return row["said_by"] is not None
    told = max(Decimal(row["booked_qty"]), Decimal(row["filled_qty"] or 0))
    is_refused = state.status in ("rejected", "failed") and not state.broker_order_id
    return not row["followed"] or is_refused or (state.filled_qty or money.ZERO) < told


_AS_ORDERED = frozenset({"client_order_id", "symbol", "side", "qty"})
