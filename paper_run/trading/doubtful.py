"""Orders in doubt, looked for once more: at the gateway and at the proven broker."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.model import result_json
from paper_run.model.attempt import LONGEST_WAIT
from paper_run.model.order import BROKER, OrderState
from paper_run.trading import lookup
from paper_run.trading.account import order_outcomes
from paper_run.trading.conclude import with_adopted
from paper_run.trading.restatement import also, as_recorded, in_doubt, restate, stated_in_doubt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from paper_run.ledger.doubts import Doubt
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.order import Orchestration, SignalOrder
    from paper_run.services.platform import Platform
    from paper_run.trading.at_broker import AtBroker, Told


class _Doubted(NamedTuple):
    """An attempt with orders in doubt: `wanted` by the ids that they may have, `named` by those they have."""

    row: AttemptRow
    run: Orchestration
    states: Mapping[str, OrderState]
    wanted: dict[str, SignalOrder]
    named: list[str]


class DoubtLook:
    """One command's look at the orders in doubt; whoever does not answer is not asked again.

    :ivar strangers: what it was told of orders that are nobody's of ours.
    :param when: in words. :param is_heard: whether the platform can be asked.
    """

    def __init__(
        self, ledger: Ledger, platform: Platform, broker: AtBroker, when: str, *, is_heard: bool
    ) -> None:
        self._ledger = ledger
        self._platform = platform
        self._broker = broker
        self._when = when
        self.is_gateway_silent = not is_heard
        self.strangers: list[str] = []

    def at(self, row: AttemptRow) -> AttemptRow | None:
        """Ask for an attempt's orders in doubt by their ids; return it anew if more is known of it."""
        stated = result_json.decode_orders(row.document)
        run, states = as_recorded(row, self._ledger, stated)
        strategy = run.strategy or row.snapshot.health[-1].strategy
        wanted = lookup.doubtful_ids(run.mappings, row.snapshot, strategy)
        doubted = _Doubted(row, run, states, wanted, in_doubt(run, states, row))
        was_heard = not self.is_gateway_silent
        at_gateway = self._at_gateway(doubted) if was_heard else {}
        told = self._broker.told(row, (*wanted, *doubted.named))
        at_broker = self._at_broker(doubted, told) if told is not None else {}
        known = {**states, **at_gateway, **at_broker}
        gone = self._not_placed(doubted, told, known) if told is not None else {}
        # An earlier version may have called rejected what nothing proves to be.
        is_news = was_heard and set(doubted.named) != stated_in_doubt(stated)
        if not (at_gateway or at_broker or gone or is_news):
            return None
        by = {"the gateway was": _named(at_gateway), "the broker was": _named(at_broker)}
        if len({*by.values()}) == 1:
            by = {"the gateway and the broker were": _named(at_gateway)}
        said = [f"{party} found to have {named}, {self._when}" for party, named in by.items() if named]
        said += [f"the broker knows no {_asked(gone)}, {self._when}: not placed"] if gone else []
        known |= gone
        written = restate(
            row,
            self._ledger,
            run=with_adopted(run, known),
            state="closed",
            how_known=also(row.how_known, "; ".join(said)) if said else None,
            states=known,
            is_valued=not is_news,
        )
        self._ledger.open_orders.follow_again({**at_gateway, **at_broker})
        self._ledger.open_orders.end(set(gone) - set(doubted.named))
        return written

    def _at_gateway(self, doubted: _Doubted) -> dict[str, OrderState]:
        """Return which of the gateway's orders are the ones in doubt, and what it says anew of named ones."""
        row, run, wanted, named = doubted.row, doubted.run, doubted.wanted, doubted.named
        asked = {each: known for each, known in order_outcomes.asked(run.mappings).items() if each in named}
        seen = self._platform.find_orders((*wanted, *named), seconds=lookup.LOOK_SECONDS, asked=asked)
        self.is_gateway_silent = seen.silent
        after = self._ledger.attempts.after(row, has_clock=True)
        post, next_post = row.snapshot.gateway_clock, after.snapshot.gateway_clock if after else None
        found = self._found(doubted, seen.states, "gateway", post, next_post)
        moved = {
            each: seen.states[each]
            for each in named
            if each in seen.states and seen.states[each] != doubted.states.get(each)
        }
        return {**found, **moved}

    def _at_broker(self, doubted: _Doubted, told: Told) -> dict[str, OrderState]:
        """Return which of the broker's orders are the ones in doubt: what was asked for, after the POST."""
        row = doubted.row
        post = self._broker.post(row)
        next_post = self._broker.next_post(row)
        found = self._found(doubted, told.orders, "broker", post, next_post)
        asked = order_outcomes.asked(doubted.run.mappings)
        agree = {
            each: told.orders[each]
            for each in doubted.named
            if each in told.orders
            and asked.get(each) == (told.orders[each].symbol, told.orders[each].side, told.orders[each].qty)
        }
        for identity, state in agree.items():
            if self._broker.was_created_for(row, state):
                found[identity] = state
            else:
                self._stranger("broker", identity, state, row)
        return found

    def _found(
        self,
        doubted: _Doubted,
        states: Mapping[str, OrderState],
        party: str,
        post: datetime | None,
        next_post: datetime | None,
    ) -> dict[str, OrderState]:
        """Return which of a party's orders are the ones without an id; a stranger's is only named."""
        row, wanted = doubted.row, doubted.wanted
        states = {each: states[each] for each in wanted if each in states}
        owned = self._ledger.orders.owners(states)
        ours = {each.id for each in self._ledger.attempts.of_session(row.session) if each.id != row.id}
        repeated = {identity for identity, owner in owned.items() if owner in ours}
        for identity, state in lookup.strangers(wanted, states, post, owned).items():
            self._stranger(party, identity, state, row)
        return lookup.adoptable(wanted, states, post, next_post, owned, repeated)

    def _stranger(self, party: str, identity: str, state: OrderState, row: AttemptRow) -> None:
        self.strangers.append(
            f"The {party} has {state.side} {money.digits(state.qty)} {state.symbol} as {identity}, "
            f"created before {row.name} was sent: somebody else's, not the order in doubt."
        )

    def _not_placed(
        self, doubted: _Doubted, told: Told, known: Mapping[str, OrderState]
    ) -> dict[str, OrderState]:
        """Return the orders that the broker, asked late enough, knows nothing of, by their names."""
        row = doubted.row
        if not self._broker.proves_absence(row, told.as_of, _ran(row)):
            return {}
        run = with_adopted(doubted.run, known)
        rows = order_outcomes.order_rows(run.mappings, known, row.snapshot.parameters)
        still = {(each.client_order_id, each.symbol) for each in rows if each.outcome == "in_doubt"}
        return {
            doubt.name: _absent(doubt)
            for doubt in self._ledger.doubts.orders()
            if doubt.attempt.id == row.id
            and (doubt.client_order_id, doubt.symbol) in still
            and self._is_absent(doubt, doubted, told)
        }

    def _is_absent(self, doubt: Doubt, doubted: _Doubted, told: Told) -> bool:
        """Whether the broker knows none of an order's ids.

        One that has none may have got one that can't be computed: then no order is there that could be it.
        """
        if doubt.client_order_id is not None:
            return doubt.client_order_id in told.missing
        asked = (doubt.symbol, doubt.side, doubt.qty)
        ids = {
            identity
            for identity, each in doubted.wanted.items()
            if (each.symbol, each.side, each.qty) == asked
        }
        ids -= self._ledger.orders.owners(ids).keys()  # the day before may have had the same order
        if not ids or not ids <= told.missing or told.since is None:
            return False
        alike = [each for each in told.since if (each.symbol, each.side, each.qty) == asked]
        return len(self._ledger.orders.owners(each.client_order_id for each in alike)) == len(alike)


def _ran(row: AttemptRow) -> timedelta:
    """Return how long an attempt's run took, as far as it is known."""
    stated = result_json.decode(row.document).totals.duration_seconds
    return timedelta(seconds=float(stated or row.timeout or LONGEST_WAIT))


def _absent(doubt: Doubt) -> OrderState:
    return OrderState(
        client_order_id=doubt.name,
        symbol=doubt.symbol,
        side=doubt.side,
        qty=doubt.qty,
        status=order_outcomes.NOT_PLACED,
        filled_qty=money.ZERO,
        told_by=BROKER,
    )


def _named(states: Mapping[str, OrderState]) -> str:
    return ", ".join(f"{state.symbol} as {identity}" for identity, state in states.items())


def _asked(states: Mapping[str, OrderState]) -> str:
    each: Iterable[OrderState] = states.values()
    return ", ".join(f"{state.side} {money.digits(state.qty)} {state.symbol}" for state in each)
