"""Plays the year: `python tests/year/player.py FOLDER` leaves FOLDER/reports and FOLDER/record.json.

It forks, and so it must be a process of its own, without threads. PYTHONPATH must lead
to tests/ and to the package.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.child import Blow, Child, Ended
from support.preloaded import warm
from support.world import World
from year.days import AT_POST, GATEWAY_DOWN, MAIL_DOWN, RECORDED, Act, acts_of, every_day
from year.town import Town

_BEFORE_FILES = Blow(signal="SIGKILL", at="before replace *_paper_run.*", step=1)


class Year:
    """The year while it is played."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._town = World(Town)
        self.record: list[dict[str, Any]] = []
        self.truth: dict[str, Any] = {}

    def play(self) -> None:
        for day in every_day():
            for service, span in (("gateway", GATEWAY_DOWN), ("mail", MAIL_DOWN)):
                if day == span[0]:
                    self._town.ask(service, False)
                if day == span[1] + timedelta(days=1):
                    self._town.ask(service, True)
            for act in acts_of(day):
                self._play(act)
        self.truth = self._town.ask("truth")
        self._town.ask("close")
        self._town.stop()

    def _play(self, act: Act) -> None:
        ahead = act.moment - datetime.now(UTC)
        self._town.ask("move", ahead)
        ended = self._command(act, ahead)
        self.record.append(
            {
                "day": act.day.isoformat(),
                "at": f"{act.at:%H:%M}",
                "args": act.args,
                "status": ended.status,
                "stdout": ended.stdout,
                "stderr": ended.stderr,
                **self._town.ask("news"),
                "account": self._town.ask("account"),
            }
        )

    def _command(self, act: Act, ahead: timedelta) -> Ended:
        blow = _BEFORE_FILES if act.kill == RECORDED else None
        if act.kill != AT_POST:
            return Child(act.args, folder=self._folder, env=self._town.env, ahead=ahead, blow=blow).wait()
        self._town.ask("hold_post")
        running = Child(act.args, folder=self._folder, env=self._town.env, ahead=ahead, blow=None)
        self._town.ask("await_post", len(self._town.ask("truth")["runs"]) + 1)
        os.kill(running.pid, signal.SIGKILL)
        ended = running.wait()
        self._town.ask("release_post")
        return ended


def main() -> None:
    folder = Path(sys.argv[1])
    warm()
    year = Year(folder)
    year.play()
    record = {"done": year.record, "runs": year.truth["runs"]}
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")


if __name__ == "__main__":
    main()
