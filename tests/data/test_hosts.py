import socket
import threading
import time

import pytest

from neuralnet.data import hosts
from neuralnet.data.hosts import Reachability, in_background
from tests.data.local_server import LocalServer


def test_who_answers_and_who_does_not(server: LocalServer, nowhere: str) -> None:
    reachability = Reachability([server.url, nowhere])
    assert reachability.why_not(server.url) == ""
    assert "refused" in reachability.why_not(nowhere)


def test_a_name_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert "name" in Reachability(["https://no.invalid/"]).why_not("https://no.invalid/")


def test_names_that_hang_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: never.wait(30))
    monkeypatch.setattr(hosts, "ANSWER_SECONDS", 0.3)
    urls = [f"https://hang{number}.invalid/" for number in range(4)]
    begin = time.monotonic()
    reachability = Reachability(urls)
    assert all("0.3 seconds" in reachability.why_not(url) for url in urls)
    assert time.monotonic() - begin < 10  # four deadlines one after another, and to spare
    never.set()


def test_a_host_that_takes_the_call_but_never_speaks_https(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hosts, "ADDRESS_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        assert "silent" in Reachability([url]).why_not(url)


def test_the_proxy_is_what_must_answer(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("https_proxy", server.url)
    assert Reachability(["https://no.invalid/"]).why_not("https://no.invalid/") == ""


def test_what_happens_in_the_background_comes_back() -> None:
    assert in_background(lambda: 7).result(10) == 7
    failing = in_background(lambda: int("seven"))
    with pytest.raises(ValueError, match="seven"):
        failing.result(10)
