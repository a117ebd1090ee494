"""Random schedules: which commands, what happens to them, what goes wrong meanwhile; all from one seed."""

import random
from dataclasses import dataclass, field

from faults.mishaps import LISTS, LOST, NOTHING, READS, RUNNING
from support.child import Blow

EXECUTED_FIRST = [name for name, answer in LOST.items() if answer.work == "before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of a schedule."""

    kind: str
    """run, double (two at once), resolve (list), settle (say what came of it), report, day, stranger."""
    args: tuple[str, ...] = ()
    blow: Blow | None = None
    post: str | None = None
    """The mishap of the POST, None: it is answered."""
    running: int = 0
    reads: tuple[tuple[str, tuple[str, ...], str | None], ...] = ()
    """Mishaps of reads: route, one after the other, and then always."""
    race: str | None = None
    """The symbol of a run of somebody else's, executed when the POST arrives."""
    choice: float = field(default=0.0)


class Planner:
    """Draws the acts of a schedule."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def zone_hours(self) -> int:
        """Draw how far the orchestrator's local time is from UTC."""
        return self._random.choice((0, 0, -5, 2, 9))

    def acts(self) -> list[Act]:
        draw = self._random
        acts = [self._run()]
        for _ in range(draw.randint(2, 4)):
            kind = draw.choices(
                ("run", "double", "resolve", "settle", "report", "day", "stranger"),
                weights=(50, 8, 8, 12, 4, 14, 4),
            )[0]
            acts.append(self._run(kind) if kind in ("run", "double") else self._other(kind))
        return acts

    def _run(self, kind: str = "run") -> Act:
        draw = self._random
        args: tuple[str, ...] = ()
        if draw.random() < 0.10:
            args += ("--again",)
        if draw.random() < 0.08:
            args += draw.choice(
                (("--symbols", "MSFT,GOOGL,aapl"), ("--capital", "100000.00"), ("--capital", "7"))
            )
        if draw.random() < 0.5:
            args += ("--output", "-")
        post = draw.choices(
            (None, draw.choice(tuple(LOST)), draw.choice(tuple(NOTHING)), RUNNING), weights=(30, 50, 10, 10)
        )[0]
        race = None
        if draw.random() < 0.1:
            race = "AAPL" if post in EXECUTED_FIRST else "TSLA"
        return Act(
            kind=kind,
            args=args,
            blow=self._blow(0.4),
            post=post,
            running=draw.randint(0, 5),
            reads=self._reads(),
            race=race,
        )

    def _other(self, kind: str) -> Act:
        calm = kind in ("day", "stranger") or self._random.random() < 0.7
        return Act(
            kind=kind,
            blow=self._blow(0.25) if kind in ("resolve", "settle", "report") else None,
            reads=() if calm else self._reads(),
            choice=self._random.random(),
        )

    def _blow(self, likelihood: float) -> Blow | None:
        draw = self._random
        if draw.random() > likelihood:
            return None
        signal = draw.choices(("SIGKILL", "SIGTERM", "SIGINT"), weights=(7, 2, 1))[0]
        if draw.random() < 0.15:
            return Blow(signal=signal, seconds=draw.uniform(0.0, 0.15))
        return Blow(signal=signal, step=draw.randint(1, 90))

    def _reads(self) -> tuple[tuple[str, tuple[str, ...], str | None], ...]:
        draw = self._random
        reads: list[tuple[str, tuple[str, ...], str | None]] = []
        if draw.random() < 0.45:
            names = tuple(draw.choices((*LISTS, "well"), k=draw.randint(0, 3)))
            reads.append(("list", names, draw.choice((None, None, *LISTS))))
        if draw.random() < 0.15:
            reads.append(("run", tuple(draw.choices(tuple(READS), k=draw.randint(1, 3))), None))
        if draw.random() < 0.2:
            reads.append(("order", tuple(draw.choices(tuple(READS), k=draw.randint(1, 4))), None))
        if draw.random() < 0.1:
            reads.append(("positions", tuple(draw.choices(tuple(READS), k=draw.randint(1, 2))), None))
        return tuple(reads)
