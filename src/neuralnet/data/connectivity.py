"""Reachability of hosts, and timeouts for network connections.

There are two kinds of timeout. A host must accept a connection within seconds, so that the search
for data ends soon on a machine without a network. Once it is connected, only the time without any
data is limited: a slow but steady download is never interrupted.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import Future, wait
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Result = TypeVar("Result")

# Timeouts in seconds: for all hosts together to accept a connection, for each address of a host to
# accept one, and for the next byte from a connected host.
PROBE_TIMEOUT = 10.0
CONNECT_TIMEOUT = 4.0
READ_TIMEOUT = 15.0

_PORTS = {"http": 80, "https": 443}


def run_in_background(function: Callable[[], Result]) -> Future[Result]:
    """Run a function in a daemon thread, and return the future of its result.

    Looking up a host name can hang for minutes and accepts no timeout, so the only way to limit it
    is to stop waiting. The executors of `concurrent.futures` would still wait for it at exit.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # re-raised by future.result()
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Reachability:
    """Reachability of hosts, all of which are probed at the same time.

    Parameters
    ----------
    urls : iterable of str
        One URL per host.
    """

    def __init__(self, urls: Iterable[str]) -> None:
        self._deadline = time.monotonic() + PROBE_TIMEOUT
        self._answers = {url: run_in_background(partial(_connect, url)) for url in urls}

    def failure_reason(self, url: str) -> str:
        """Return why the host of `url` cannot be reached, or an empty string if it can."""
        answer = self._answers[url]
        wait([answer], timeout=max(0.0, self._deadline - time.monotonic()))
        if not answer.done():
            return f"no answer within {PROBE_TIMEOUT:g} seconds"
        error = answer.exception()
        return explain_failure(error) if error is not None else ""


def _connect(url: str) -> None:
    """Connect to the host of `url`, or to the proxy for it, and close the connection."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        parts = urlsplit(proxy if "//" in proxy else f"//{proxy}", scheme="http")
        host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 80)
    # For https, the TLS handshake must succeed too: some firewalls accept connections to any host.
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, port, timeout=CONNECT_TIMEOUT)
    try:
        connection.connect()
    finally:
        connection.close()


def explain_failure(error: BaseException) -> str:
    """Return a short description of a network error."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()  # an HTTP error is also a response, and keeps its connection open
        return f"it responded with {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        reason = error.reason
        return explain_failure(reason) if isinstance(reason, BaseException) else str(reason)
    if isinstance(error, TimeoutError):
        return "the connection timed out"
    if isinstance(error, socket.gaierror):
        return f"its host name cannot be resolved ({error.strerror})"
    text = error.strerror if isinstance(error, OSError) else None
    lines = (text or str(error) or type(error).__name__).splitlines()
    return lines[0][:200]
