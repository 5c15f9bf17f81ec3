"""Reaching other machines, within bounds: who answers at all, and who has fallen silent.

Two different patiences. A host must *answer* within seconds, so that a search on a machine without
a network ends soon. Once it answers, only *silence* is bounded: a slow line that keeps delivering
is left to deliver.
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

# All hosts together get so long to answer; each of a host's addresses, so long.
ANSWER_SECONDS = 10.0
ADDRESS_SECONDS = 4.0
# A host that answered is given up when not one byte has come for so long.
SILENCE_SECONDS = 15.0

_PORTS = {"http": 80, "https": 443}


def in_background(function: Callable[[], Result]) -> Future[Result]:
    """Run a function in a thread of its own that nobody has to wait for.

    Looking up a host's name can hang for minutes and takes no timeout, so the only way to bound it
    is to stop waiting. Python's own pools would wait for it all the same when the program ends.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # handed on to whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Reachability:
    """Which hosts can be reached, all asked at once so that together they take one short wait.

    Parameters
    ----------
    urls : iterable of str
        One address on each host.
    """

    def __init__(self, urls: Iterable[str]) -> None:
        self._deadline = time.monotonic() + ANSWER_SECONDS
        self._answers = {url: in_background(partial(_connect, url)) for url in urls}

    def why_not(self, url: str) -> str:
        """Say why the host of `url` cannot be reached; an empty string if it can."""
        answer = self._answers[url]
        wait([answer], timeout=max(0.0, self._deadline - time.monotonic()))
        if not answer.done():
            return f"no answer within {ANSWER_SECONDS:g} seconds"
        error = answer.exception()
        return explain_failure(error) if error is not None else ""


def _connect(url: str) -> None:
    """Connect to the host of `url`, or to the proxy that stands before it, and hang up."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        parts = urlsplit(proxy if "//" in proxy else f"//{proxy}", scheme="http")
        host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 80)
    # The handshake of https counts as answering: some firewalls accept a connection to anywhere.
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, port, timeout=ADDRESS_SECONDS)
    try:
        connection.connect()
    finally:
        connection.close()


def explain_failure(error: BaseException) -> str:
    """Put a failure of the network into a few words."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()  # a refusal is an answer, too, and holds its connection
        return f"it answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        reason = error.reason
        return explain_failure(reason) if isinstance(reason, BaseException) else str(reason)
    if isinstance(error, TimeoutError):
        return "it fell silent"
    if isinstance(error, socket.gaierror):
        return f"its name cannot be looked up ({error.strerror})"
    text = error.strerror if isinstance(error, OSError) else None
    lines = (text or str(error) or type(error).__name__).splitlines()
    return lines[0][:200]
