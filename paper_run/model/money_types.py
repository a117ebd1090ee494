"""The broker's types of activities that are no fills: what each counts as in the book, and its words."""

from __future__ import annotations

from typing import Literal

from paper_run import NamedTuple

Way = Literal["income", "cash", "shares", "fraction", "corporate", "other"]
"""Income; cash in or out; shares in or out; a fraction paid out; what a company did; anything else."""

_LONGEST = 40


class MoneyType(NamedTuple):
    """A type of activity.

    :ivar way: what it counts as. :ivar words: what it is, for a person.
    """

    way: Way
    words: str


TYPES: dict[str, MoneyType] = {
    "DIV": MoneyType("income", "Dividend"),
    "DIVCGL": MoneyType("income", "Dividend (capital gain, long term)"),
    "DIVCGS": MoneyType("income", "Dividend (capital gain, short term)"),
    "DIVFEE": MoneyType("income", "Dividend fee"),
    "DIVFT": MoneyType("income", "Dividend (foreign tax withheld)"),
    "DIVNRA": MoneyType("income", "Dividend (tax withheld)"),
    "DIVROC": MoneyType("income", "Dividend (return of capital)"),
    "DIVTW": MoneyType("income", "Dividend (Tefra withheld)"),
    "DIVTXEX": MoneyType("income", "Dividend (tax exempt)"),
    "DIVWH": MoneyType("income", "Dividend withholding"),
    "WH": MoneyType("income", "Withholding"),
    "INT": MoneyType("income", "Interest"),
    "INTNRA": MoneyType("income", "Interest (tax withheld)"),
    "INTPNL": MoneyType("income", "Interest"),
    "INTTW": MoneyType("income", "Interest (Tefra withheld)"),
    "FEE": MoneyType("income", "Fee"),
    "CFEE": MoneyType("income", "Crypto fee"),
    "PTC": MoneyType("income", "Pass-through charge"),
    "PTR": MoneyType("income", "Pass-through rebate"),
    "CSD": MoneyType("cash", "Cash deposit"),
    "CSW": MoneyType("cash", "Cash withdrawal"),
    "JNLC": MoneyType("cash", "Cash journal"),
    "ACATC": MoneyType("cash", "Cash transfer"),
    "JNLS": MoneyType("shares", "Share journal"),
    "ACATS": MoneyType("shares", "Share transfer"),
    "CIL": MoneyType("fraction", "Cash in lieu"),
    "SPLIT": MoneyType("corporate", "Split"),
    "REORG": MoneyType("corporate", "Reorganisation"),
    "SPIN": MoneyType("corporate", "Spin-off"),
    "MA": MoneyType("corporate", "Merger"),
    "NC": MoneyType("corporate", "Name change"),
    "VOF": MoneyType("corporate", "Voluntary offer"),
    "CORR": MoneyType("other", "Correction"),
    "MEM": MoneyType("other", "Memo"),
    "EXTRD": MoneyType("other", "Extra trade"),
    "FXTRD": MoneyType("other", "Currency trade"),
    "OCT": MoneyType("other", "On-chain transfer"),
    "SWP": MoneyType("other", "Sweep"),
    "OPASN": MoneyType("other", "Option assignment"),
    "OPCSH": MoneyType("other", "Option cash settlement"),
    "OPEXC": MoneyType("other", "Option exercise"),
    "OPEXP": MoneyType("other", "Option expiry"),
    "OPTRD": MoneyType("other", "Option trade"),
}
"""Every type that the broker names; source: its SDK and its documents."""


def of(activity_type: str) -> MoneyType:
    """Return a type by the broker's name; one that nobody knows is other money, called by that name."""
    return TYPES.get(activity_type) or MoneyType("other", f"Activity {activity_type[:_LONGEST]}")
