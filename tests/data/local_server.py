"""A small web server on this machine that can be told to misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

Answer = Callable[["_Handler"], None]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.requested.append(self.path)
        self.server.answers.get(self.path, status(404))(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def start(self, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def send(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def pause(self, seconds: float) -> None:
        self.server.closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.requested: list[str] = []
        self.closing = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests."""


class LocalServer:
    """Serves `answers` by path until the `with` block ends, and notes what was `requested`."""

    def __init__(self) -> None:
        self._server = _Server()
        self.answers = self._server.answers
        self.requested = self._server.requested
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> LocalServer:
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def right(content: bytes) -> Answer:
    """Serve it."""

    def answer(handler: _Handler) -> None:
        handler.start(len(content))
        handler.send(content)

    return answer


def status(code: int) -> Answer:
    """Refuse with an HTTP status."""

    def answer(handler: _Handler) -> None:
        handler.send_error(code)

    return answer


def silent(content: bytes = b"") -> Answer:
    """Send the beginning, or not even a status line, and then nothing more."""

    def answer(handler: _Handler) -> None:
        if content:
            handler.start(2 * len(content))
            handler.send(content)
        handler.pause(30)

    return answer


def cut_off(content: bytes) -> Answer:
    """Promise all of it, send half, and hang up."""

    def answer(handler: _Handler) -> None:
        handler.start(len(content))
        handler.send(content[: len(content) // 2])

    return answer


def slowly(content: bytes, pause: float, pieces: int = 6) -> Answer:
    """Send it piece by piece with a pause before each."""

    def answer(handler: _Handler) -> None:
        handler.start(len(content))
        length = -(-len(content) // pieces)
        for begin in range(0, len(content), length):
            handler.pause(pause)
            handler.send(content[begin : begin + length])

    return answer
