"""A local web server that can be made to misbehave."""

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
        """Log nothing."""

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
        """Ignore errors: the tests include clients that close the connection."""


class LocalServer:
    """Server of the `answers` by path within a `with` block, with a list of `requested` paths."""

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


def correct(content: bytes) -> Answer:
    """Send the complete content."""

    def answer(handler: _Handler) -> None:
        handler.start(len(content))
        handler.send(content)

    return answer


def status(code: int) -> Answer:
    """Send an HTTP error status."""

    def answer(handler: _Handler) -> None:
        handler.send_error(code)

    return answer


def silent(content: bytes = b"") -> Answer:
    """Send the first half of a response, or nothing if there is no content, and then stall."""

    def answer(handler: _Handler) -> None:
        if content:
            handler.start(2 * len(content))
            handler.send(content)
        handler.pause(30)

    return answer


def cut_off(content: bytes) -> Answer:
    """Declare the full length, send half of the content, and close the connection."""

    def answer(handler: _Handler) -> None:
        handler.start(len(content))
        handler.send(content[: len(content) // 2])

    return answer


def slowly(content: bytes, pause: float, pieces: int = 6) -> Answer:
    """Send the content in pieces, with a pause before each."""

    def answer(handler: _Handler) -> None:
        handler.start(len(content))
        length = -(-len(content) // pieces)
        for begin in range(0, len(content), length):
            handler.pause(pause)
            handler.send(content[begin : begin + length])

    return answer
