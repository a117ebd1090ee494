"""Connections that end by a call's deadline, and whose request leaves at once or not at all."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import requests  # the whole before its parts: the heartbeat's thread may be importing it
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.poolmanager import ProxyManager

from paper_run.services.answer import LATE, HeldBack
from paper_run.services.deadline_socket import Limits, connect, look_up, secured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


CONNECT_SECONDS = 3.0


class Call(threading.local, Limits):
    """The call that this thread is making: when it must end, and what may hold it back."""

    held_back: Callable[[], str | None] | None = None


call = Call()
_SECURE = secured(call)


def _refuse_held_back(url: str) -> None:
    if call.held_back is not None and (reason := call.held_back()) is not None:
        raise HeldBack(url, reason)


class _Connection(HTTPConnection):
    _unsent: bytearray | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Put together what may be held back, and write it at once: no part of it leaves alone."""
        if call.held_back is None:
            super().request(*args, **kwargs)
            return
        self._unsent = bytearray()
        super().request(*args, **kwargs)
        whole, self._unsent = bytes(self._unsent), None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._unsent is not None:
            self._unsent += data
            return
        if call.held_back is not None:
            if self.sock is None:
                self.connect()
            _refuse_held_back(self.host)
        super().send(data)

    def _new_conn(self) -> socket.socket:
        """Look the name up and connect, to whichever of its addresses takes it, within the call's time."""
        _refuse_held_back(self.host)
        try:
            seconds = min(CONNECT_SECONDS, call.left())
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        ends = call.now() + seconds
        try:
            found = look_up(self._dns_host, self.port or self.default_port, seconds)
        except OSError as error:
            late = isinstance(error, TimeoutError)
            why = socket.gaierror(socket.EAI_AGAIN, LATE) if late else socket.gaierror(*error.args)
            raise NameResolutionError(self.host, self, why) from error
        try:
            return connect(found, ends - call.now(), call)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "timed out") from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error


class _SecureConnection(_Connection, HTTPSConnection):
    """Bounded already before TLS begins: a proxy's answer to CONNECT is read from the plain socket."""

    def connect(self) -> None:
        if self.ssl_context is None:
            self.ssl_context = ssl.create_default_context()
        self.ssl_context.sslsocket_class = _SECURE
        super().connect()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class Adapter(HTTPAdapter):
    """Has requests make its connections of ours, through a proxy too.

    What a service is asked for, it is asked in one way: its pool is looked for once, not for each of five
    hundred orders.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See requests."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS
        self._pools: dict[str, ConnectionPool] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> ConnectionPool:
        """See requests."""
        origin = "/".join(str(request.url).split("/", 3)[:3])
        if origin not in self._pools:
            self._pools[origin] = super().get_connection_with_tls_context(request, *args, **kwargs)
        return self._pools[origin]

    def request_url(self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None) -> str:
        """See requests."""
        is_direct = not any((proxies or {}).values())
        return request.path_url if is_direct else super().request_url(request, proxies)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return an answer without what nothing of ours asks for, such as cookies."""
        response = requests.Response()
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        response.url, response.request = str(req.url), req
        return response

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> ProxyManager:
        """See requests."""
        manager: ProxyManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
