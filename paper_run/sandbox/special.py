"""The symbols that make the sandbox misbehave on demand; the package's docstring tells what each does."""

REJECT = "REJECT"
REFUSE = "REFUSE"
PARTIAL = "PARTIAL"
LATE = "LATE"
CANCEL = "CANCEL"
DOUBT = "DOUBT"
NOPRICE = "NOPRICE"
HALT = "HALT"
DEAF = "DEAF"
CUTOFF = "CUTOFF"
SPLIT = "SPLIT"
DIVIDEND = "DIVIDEND"
FEE = "FEE"
INTEREST = "INTEREST"
DEPOSIT = "DEPOSIT"

TRADED = frozenset(
    {
        REJECT,
        REFUSE,
        PARTIAL,
        LATE,
        CANCEL,
        DOUBT,
        NOPRICE,
        DEAF,
        CUTOFF,
        SPLIT,
        DIVIDEND,
        FEE,
        INTEREST,
        DEPOSIT,
    }
)

UNHEARD = frozenset({DEAF, CUTOFF})
"""What fills at the broker, and the gateway never hears of it."""

OUTLIVE = frozenset({PARTIAL, LATE})
"""What works past its session by design: such an order is good till cancelled, not of the day."""

REJECT_DETAIL = "Broker rejected the order: asset REJECT is not tradable"
CUTOFF_MESSAGE = (
    "Unexpected error: ('Connection aborted.', "
    "RemoteDisconnected('Remote end closed connection without response'))"
)
REFUSE_MESSAGE = "Broker rejected the order: insufficient buying power"


def kill_switch(engaged_at: str) -> dict[str, str]:
    """Return the `detail` object of the 503 that HALT brings about."""
    return {
        "error": "kill_switch_engaged",
        "message": "Trading is halted: the kill switch is engaged. No order was sent.",
        "engaged_by": "sandbox-operator",
        "reason": "the symbol HALT was in the request",
        "engaged_at": engaged_at,
    }
