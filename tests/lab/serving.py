"""A lab that is served from a thread of the test process."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn

from neuralnet.lab.server import Lab, create_app
from neuralnet.lab.serving import listen
from neuralnet.nn.network import NeuralNetMLP


class ServedLab:
    """A lab and its address."""

    def __init__(self, lab: Lab, port: int) -> None:
        self.lab = lab
        self.port = port
        self.address = f"http://127.0.0.1:{port}/"

    def reset(self) -> None:
        self.lab.session.reset()


@contextlib.contextmanager
def served(model: NeuralNetMLP, name: str, token: str | None = None) -> Iterator[ServedLab]:
    """Serve a lab, and end it with the block."""
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    lab = Lab(model, name)
    hosts = [] if token else [f"127.0.0.1:{port}"]
    config = uvicorn.Config(
        create_app(lab, hosts, token), log_level="warning", timeout_graceful_shutdown=1, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    try:
        yield ServedLab(lab, port)
    finally:
        lab.close()
        server.should_exit = True
        thread.join(5)
        listener.close()
