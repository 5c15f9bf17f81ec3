import socket
import threading
import time

import pytest

from neuralnet.data import connectivity
from neuralnet.data.connectivity import Reachability, run_in_background
from tests.data.local_server import LocalServer


def test_reachable_and_unreachable_hosts(server: LocalServer, unreachable: str) -> None:
    reachability = Reachability([server.url, unreachable])
    assert reachability.failure_reason(server.url) == ""
    assert "refused" in reachability.failure_reason(unreachable)


def test_unknown_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert "not known" in Reachability(["https://no.invalid/"]).failure_reason(
        "https://no.invalid/"
    )


def test_hanging_name_lookups_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: never.wait(30))
    monkeypatch.setattr(connectivity, "PROBE_TIMEOUT", 0.3)
    urls = [f"https://hang{number}.invalid/" for number in range(4)]
    begin = time.monotonic()
    reachability = Reachability(urls)
    assert all("0.3 seconds" in reachability.failure_reason(url) for url in urls)
    assert time.monotonic() - begin < 10  # a generous bound, well below the 30 s of a lookup
    never.set()


def test_host_that_accepts_a_connection_but_never_answers_the_tls_handshake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connectivity, "CONNECT_TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        assert "timed out" in Reachability([url]).failure_reason(url)


def test_proxy_is_probed_instead_of_the_host(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("https_proxy", server.url)
    assert Reachability(["https://no.invalid/"]).failure_reason("https://no.invalid/") == ""


def test_run_in_background_returns_results_and_errors() -> None:
    assert run_in_background(lambda: 7).result(10) == 7
    failing = run_in_background(lambda: int("seven"))
    with pytest.raises(ValueError, match="seven"):
        failing.result(10)
