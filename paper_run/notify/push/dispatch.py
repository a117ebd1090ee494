"""Queued messages pushed, a thread for each service, and what became of each."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.notify.channel import Delivered, Sent
from paper_run.notify.deliveries import Deliveries
from paper_run.notify.push import services, text, undelivered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.outbox import ChannelName, Delivery, MailRow
    from paper_run.model.commands import Invocation
    from paper_run.notify.contents import Contents
    from paper_run.notify.push.services import Answer, Service
    from paper_run.notify.push.text import Push
    from paper_run.report.summary.notices import Notice
    from paper_run.settings.notify import PushSettings

MOST_TRIES = 3
"""A service says yes or no, and not why: a no is tried again, but not for ever."""
_CLAIMED_SECONDS = 10.0


class _Waiting(NamedTuple):
    """A message that is to go to a service."""

    row: MailRow
    push: Push
    before: Delivery


class Pushed:
    """Pushes to services side by side; each gets one message after the other.

    :param now: the machine's clock, UTC. :param seconds: how long all of it may take from now on.
    """

    name: ChannelName = "push"

    def __init__(
        self, settings: PushSettings, contents: Contents, now: Callable[[], datetime], *, seconds: float
    ) -> None:
        self._settings = settings
        self._contents = contents
        self._ends = time.monotonic() + seconds
        self._deliveries = Deliveries(
            contents.ledger,
            self.name,
            [each.url for each in settings.urls],
            now,
            most_copies=MOST_TRIES,
            seconds=_CLAIMED_SECONDS,
        )
        self._waiting: dict[Service, deque[_Waiting]] = {}
        self._answers: queue.SimpleQueue[tuple[Service, Answer]] = queue.SimpleQueue()
        self._going: dict[Service, _Waiting] = {}
        self._sent: list[Sent] = []
        self._failed: list[PaperRunError] = []

    def start(self, rows: Iterable[MailRow]) -> None:
        """Claim messages, and push the first of each service.

        :raises DataError: a URL can't be used, or the ledger fails before anything is sent.
        """
        self._waiting = {each: deque() for each in services.services(self._settings.urls)}
        for claimed in self._deliveries.claimed(rows):
            named = {each.url: each for each in self._settings.urls}
            self._failed += [
                undelivered.unconfirmed(named[url], claimed.row, MOST_TRIES) for url in claimed.unsaid
            ]
            try:
                push = text.of(self._contents.of(claimed.row), self._contents.invocation)
            except DataError as error:
                self._failed.append(error)
                after = {url: self._deliveries.after(claimed.row, each) for url, each in claimed.open.items()}
                self._deliveries.record(claimed.row, after)
                continue
            for service, waiting in self._waiting.items():
                if (before := claimed.open.get(service.url.url)) is not None:
                    waiting.append(_Waiting(claimed.row, push, before))
        for service in self._waiting:
            self._push_next(service)

    def finish(self) -> Delivered:
        """Wait for what the services say, and push what is left; what takes too long counts as sent."""
        while self._going:
            try:
                service, answer = self._answers.get(timeout=max(0.0, self._left()))
            except queue.Empty:
                break
            self._answered(service, answer)
            self._push_next(service)
        for service, each in self._going.items():
            self._record(
                service, each, each.before._replace(state="unconfirmed", copies=each.before.copies + 1)
            )
            how = f"Pushed to {service.url.shown}, which has not confirmed it in time"
            self._sent.append(Sent(how, each.push.title))
        for service, waiting in self._waiting.items():
            for each in waiting:
                self._record(service, each, each.before)
        return Delivered(tuple(dict.fromkeys(self._sent)), tuple(self._failed))

    def _left(self) -> float:
        return self._ends - time.monotonic()

    def _push_next(self, service: Service) -> None:
        if not self._waiting[service] or self._left() <= 0:
            return
        each = self._waiting[service].popleft()
        self._deliveries.leaves(each.row, [service.url.url])
        self._going[service] = each
        _in_a_thread(service, each.push, self._left(), self._answers)

    def _answered(self, service: Service, answer: Answer) -> None:
        each = self._going.pop(service)
        after = each.before._replace(copies=each.before.copies + 1)
        if answer.is_taken:
            self._record(service, each, each.before._replace(state="sent"))
            self._sent.append(Sent("Pushed", each.push.title))
            return
        after = self._deliveries.after(each.row, after, is_refused=after.copies >= MOST_TRIES)
        self._record(service, each, after)
        self._failed.append(
            undelivered.unsent(service.url, answer, each.push.title, each.row, after, MOST_TRIES)
        )

    def _record(self, service: Service, each: _Waiting, after: Delivery) -> None:
        self._deliveries.record(each.row, {service.url.url: after})


class Unrecorded:
    """Pushes a notice that no ledger can keep.

    :raises DataError: a URL can't be used.
    """

    def __init__(
        self, notice: Notice, settings: PushSettings, invocation: Invocation, *, seconds: float
    ) -> None:
        self._push = text.of_notice(notice, invocation)
        self._ends = time.monotonic() + seconds
        self._answers: queue.SimpleQueue[tuple[Service, Answer]] = queue.SimpleQueue()
        self._going = list(services.services(settings.urls))
        for service in self._going:
            _in_a_thread(service, self._push, seconds, self._answers)

    def finish(self) -> tuple[PaperRunError, ...]:
        """Wait for what the services say; return why it was not taken."""
        failed = []
        while self._going:
            try:
                service, answer = self._answers.get(timeout=max(0.0, self._ends - time.monotonic()))
            except queue.Empty:
                break  # it counts as sent
            self._going.remove(service)
            if not answer.is_taken:
                failed.append(undelivered.unrecorded(service.url, answer, self._push.title))
        return tuple(failed)


def _in_a_thread(
    service: Service, push: Push, seconds: float, answers: queue.SimpleQueue[tuple[Service, Answer]]
) -> None:
    """Push in a thread that the program does not wait for: a name has no deadline to be resolved in."""
    threading.Thread(target=lambda: answers.put((service, service.send(push, seconds))), daemon=True).start()
