"""A process of its own, led over a pipe, for what has threads: who forks must have none."""

import os
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any


class Hosted:
    """Starts the process of a host; each method of the host is a question with an answer."""

    def __init__(self, host: Callable[[], Any]) -> None:
        self._pipe, theirs = Pipe()
        self.pid = os.fork()
        if not self.pid:
            self._pipe.close()
            try:
                _serve(host(), theirs)
            finally:
                os._exit(0)
        theirs.close()

    def ask(self, what: str, *args: Any) -> Any:
        self._pipe.send((what, args))
        answer = self._pipe.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def stop(self) -> None:
        self._pipe.close()
        os.waitpid(self.pid, 0)


def _serve(host: Any, pipe: Connection) -> None:
    """Do what is told, one thing at a time, until the other end is closed."""
    while True:
        try:
            what, args = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(getattr(host, what)(*args))
        except Exception as error:
            pipe.send(error)
