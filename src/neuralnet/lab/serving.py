"""Running the lab: a free port, the browser, and an end within two seconds of Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from neuralnet.errors import NeuralNetError
from neuralnet.files import describe_os_error
from neuralnet.lab.server import Lab, create_app
from neuralnet.nn.network import NeuralNetMLP

LOOPBACK = ("127.0.0.1", "localhost")
ANY = ("0.0.0.0", "::")  # noqa: S104  every address of this machine
PORTS = range(8000, 8020)  # tried in turn, so that a bookmark usually works again


def serve(
    model: NeuralNetMLP,
    name: str,
    *,
    host: str,
    port: int | None,
    open_browser: bool,
    announce: Callable[[str, bool], None],
) -> None:
    """Serve the lab until Ctrl-C.

    Parameters
    ----------
    model : NeuralNetMLP
        Network that the page opens with.
    name : str
        What the page calls it.
    host : str
        Address to listen on. Any other than this machine's own makes a token necessary.
    port : int or None
        Port; None for the first free one.
    open_browser : bool
        Whether to open the page.
    announce : callable
        Called as `announce(address, shared)` once the address is known; `shared` is True if other
        machines can reach it.

    Raises
    ------
    NeuralNetError
        If it cannot listen there.
    """
    listener = listen(host, port)
    number = listener.getsockname()[1]
    shared = host not in LOOPBACK
    token = secrets.token_urlsafe(16) if shared else None
    hosts = [] if shared else [f"{name}:{number}" for name in LOOPBACK]
    shown = socket.gethostname() if host in ANY else f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{number}/" + (f"?token={token}" if token else "")
    lab = Lab(model, name)
    config = uvicorn.Config(
        create_app(lab, hosts, token),
        log_level="warning",
        timeout_graceful_shutdown=1,
        limit_concurrency=100,
        ws="none",
        server_header=False,
    )
    server = _Server(config, lab)
    announce(address, shared)
    if open_browser:
        threading.Timer(0.3, webbrowser.open, [address]).start()
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that ends its event streams first, so that it need not wait for them."""

    def __init__(self, config: uvicorn.Config, lab: Lab) -> None:
        super().__init__(config)
        self._lab = lab

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams and the training, then the server."""
        self._lab.close()
        await super().shutdown(sockets)


def listen(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens on a port, or on the first free one of `PORTS` or of all.

    Raises
    ------
    NeuralNetError
        If it cannot listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    failure: OSError | None = None
    for number in [*PORTS, 0] if port is None else [port]:
        # With TCP named, asyncio turns off Nagle's algorithm, which would delay answers by 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, number))
        except OSError as error:
            listener.close()
            failure = error
            continue
        listener.listen()
        return listener
    assert failure is not None  # noqa: S101
    raise NeuralNetError(
        f"The lab cannot listen on {host}, port {port or PORTS[0]}: {describe_os_error(failure)}. "
        f"Choose another with --host or --port."
    )
