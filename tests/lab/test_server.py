"""The server's answers to the wrong, the hostile and the many."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import load
from tests.digits import digits
from tests.lab.serving import ServedLab, served

PICTURE = digits().images[0].tobytes()
SETTINGS = {"examples": 100, "hidden": [5], "epochs": 1000}


@pytest.fixture
def client(lab: ServedLab) -> Iterator[httpx.Client]:
    lab.reset()
    with httpx.Client(base_url=lab.address, timeout=20) as one:
        yield one
    lab.reset()


def error_of(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    message: str = answer.json()["error"]
    assert message.endswith((".", "?"))
    return message


ROUTES = {
    "api/lab": "GET", "api/network": "GET", "api/single-page": "GET", "api/events": "GET",
    "api/digit": "GET", "api/digit-detector": "GET", "api/training": "POST",
    "api/training/rate": "PUT", "api/training/run": "POST", "api/teach": "POST",
    "api/slow-motion": "POST", "api/read": "POST",
    "": "GET", "main.js": "GET",
}  # fmt: skip


@pytest.mark.parametrize("path", ROUTES)
def test_wrong_methods_are_refused(client: httpx.Client, path: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "OPTIONS"):
        # A POST to training/rate is a command of that name, and there is none.
        if method != ROUTES[path] and (method, path) != ("POST", "api/training/rate"):
            assert client.request(method, path).status_code in {404, 405}, method


def test_every_answer_forbids_other_hosts(client: httpx.Client) -> None:
    for path in ("", "api/lab", "api/nothing", "style.css"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "", "localhost:1"]
)
def test_other_hosts_are_refused(client: httpx.Client, host: str) -> None:
    answer = client.get("api/lab", headers={"Host": host})
    assert answer.status_code in {400, 403}


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "file://"])
def test_other_origins_are_refused(client: httpx.Client, lab: ServedLab, origin: str) -> None:
    answer = client.post("api/training", json=SETTINGS, headers={"Origin": origin})
    assert answer.status_code == 403
    assert lab.lab.session.training is None


def test_the_own_origin_is_served(client: httpx.Client, lab: ServedLab) -> None:
    origin = lab.address.rstrip("/")
    assert client.get("api/lab", headers={"Origin": origin}).status_code == 200


def test_a_shared_lab_needs_its_token(small_network: NeuralNetMLP) -> None:
    with served(small_network, "shared", token="secret-token") as lab:  # noqa: S106
        with httpx.Client(base_url=lab.address) as stranger:
            assert stranger.get("").status_code == 403
            assert stranger.get("api/network").status_code == 403
            assert stranger.get("?token=wrong").status_code == 403
            bad = {b"Cookie": b'neuralnet_lab=\xe9; a="b'}
            assert stranger.get("", headers=bad).status_code == 403
        with httpx.Client(base_url=lab.address) as guest:
            first = guest.get("?token=secret-token")
            assert first.status_code == 200
            assert "HttpOnly" in first.headers["set-cookie"]
            assert "SameSite=Strict" in first.headers["set-cookie"]
            assert guest.get("api/network").status_code == 200


BAD_SETTINGS: list[tuple[Any, str]] = [
    ([], "JSON object"), (7, "JSON object"), ("", "JSON object"),
    ({"hiden": [5]}, "hidden"), ({"hidden": []}, "hidden"), ({"hidden": [10**9]}, "1,024"),
    ({"hidden": [5] * 5}, "4"), ({"hidden": "100"}, "hidden"), ({"hidden": [2.5]}, "hidden"),
    ({"activation": "rely"}, "relu"), ({"activation": ["relu"]}, "activation"),
    ({"loss": "poisson"}, "loss"), ({"optimizer": {}}, "optimizer"), ({"rate": 0}, "rate"),
    ({"rate": 1e9}, "rate"), ({"rate": "fast"}, "rate"), ({"rate": None}, "rate"),
    ({"batch": 0}, "batch"), ({"batch": 10**6}, "1,000"), ({"examples": 1}, "examples"),
    ({"examples": 10**12}, "60,000"), ({"epochs": 10**12}, "epochs"), ({"l2": -1}, "l2"),
    ({"dropout": 1}, "dropout"), ({"seed": -1}, "seed"), ({"seed": 2**40}, "seed"),
    ({"data": "../../etc/passwd"}, "data"), ({"seed": True}, "seed"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "fact"), BAD_SETTINGS, ids=str)
def test_settings_are_checked(
    client: httpx.Client, lab: ServedLab, settings: Any, fact: str
) -> None:
    message = error_of(client.post("api/training", json=settings), 400)
    assert fact in message
    assert len(message) < 400
    assert lab.lab.session.training is None


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 9000, b'{"rate": NaN}', b"1e999"])
def test_hostile_json_is_refused(client: httpx.Client, body: bytes) -> None:
    error_of(client.post("api/training", content=body), 400)


def test_huge_bodies_are_refused_before_they_are_read(client: httpx.Client) -> None:
    error_of(client.post("api/training", content=b"x" * 20_000), 413)
    error_of(client.post("api/teach?label=1", content=b"x" * 785), 413)
    error_of(client.post("api/slow-motion?label=1&rate=1", content=b"x" * 10_000), 413)


def test_a_body_without_a_length_is_limited_too(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    error_of(client.post("api/training", content=endless()), 413)


def test_a_declared_size_alone_takes_no_memory(lab: ServedLab) -> None:
    request = (
        f"POST /api/read HTTP/1.1\r\nHost: 127.0.0.1:{lab.port}\r\n"
        f"Content-Length: 99999999999\r\n\r\nx"
    )
    with socket.create_connection(("127.0.0.1", lab.port), timeout=5) as line:
        line.sendall(request.encode())
        assert b" 413 " in line.recv(1000)


def test_a_truncated_body_harms_nothing(lab: ServedLab, client: httpx.Client) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", lab.port), timeout=5) as line:
            head = f"POST /api/teach?label=1 HTTP/1.1\r\nHost: 127.0.0.1:{lab.port}\r\n"
            line.sendall(f"{head}Content-Length: 784\r\n\r\nshort".encode())
    assert client.get("api/lab").status_code == 200
    assert lab.lab.session.training is None


def test_a_body_that_never_ends_is_given_up(
    lab: ServedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuralnet.lab.server.BODY_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", lab.port), timeout=10) as line:
        head = f"POST /api/teach?label=1 HTTP/1.1\r\nHost: 127.0.0.1:{lab.port}\r\n"
        line.sendall(f"{head}Content-Length: 784\r\n\r\nslow".encode())
        assert b" 408 " in line.recv(1000)


@pytest.mark.parametrize("size", [0, 1, 783])
def test_a_picture_has_784_bytes(client: httpx.Client, size: int) -> None:
    for path in ("api/teach?label=1", "api/slow-motion?label=1&rate=0.1"):
        assert "784" in error_of(client.post(path, content=PICTURE[:size]), 400)


@pytest.mark.parametrize("label", ["", "10", "-1", "x", "٣", "1" * 1000])
def test_a_label_is_a_digit(client: httpx.Client, label: str) -> None:
    message = error_of(client.post("api/teach", params={"label": label}, content=PICTURE), 400)
    assert "label" in message
    assert len(message) < 200


@pytest.mark.parametrize("rate", ["", "x", "nan", "inf", "-1", "0", "1e9"])
def test_a_rate_is_a_number_within_the_limit(client: httpx.Client, rate: str) -> None:
    path = f"api/slow-motion?label=1&rate={rate}"
    assert "rate" in error_of(client.post(path, content=PICTURE), 400)
    client.post("api/training", json=SETTINGS)
    error_of(client.put("api/training/rate", content=rate.encode() or b"null"), 400)


def test_commands_need_a_training_and_a_known_name(client: httpx.Client) -> None:
    assert "no training" in error_of(client.post("api/training/run"), 400)
    assert "'run'" in error_of(client.post("api/training/rum"), 400)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"<svg/>"])
def test_a_body_that_is_no_picture_is_explained(client: httpx.Client, content: bytes) -> None:
    error_of(client.post("api/read", content=content), 400)


def test_a_picture_that_would_unpack_to_gigabytes_is_refused(client: httpx.Client) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    error_of(client.post("api/read", content=bomb + chunk(b"IEND", b"")), 400)


@pytest.mark.parametrize(
    "path", ["../server.py", "%2e%2e/server.py", "..%2fserver.py", "//etc/passwd"]
)
def test_nothing_outside_the_page_is_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_thousand_requests(client: httpx.Client, lab: ServedLab) -> None:
    line = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=20)
    expected = {"/api/lab": 200, "/api/nothing": 404, "/api/training/run": 404, "/api/read": 404}
    for number in range(1000):
        path = list(expected)[number % 4]
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        assert answer.status == expected[path]
    line.close()
    assert client.get("api/network").status_code == 200


def test_the_network_is_a_file_that_python_loads(
    client: httpx.Client, small_network: NeuralNetMLP, tmp_path: Any
) -> None:
    path = tmp_path / "network.safetensors"
    path.write_bytes(client.get("api/network").content)
    assert np.array_equal(load(path).parameters.state, small_network.parameters.state)


def events_of(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


def test_one_training_at_a_time_and_a_clear_answer_to_a_second(
    client: httpx.Client, lab: ServedLab
) -> None:
    with client.stream("GET", "api/events") as stream:
        events = events_of(stream)
        assert next(events) == {"event": "state", "training": None}
        assert client.post("api/training", json=SETTINGS).status_code == 201
        assert "one is the limit" in error_of(client.post("api/training", json=SETTINGS), 409)
        client.post("api/training/run")
        kinds = set()
        for event in events:
            kinds.add(event["event"])
            if {"mode", "ready", "batch", "epoch", "wrong"} <= kinds:
                break
    # The page has gone: the training is paused, and another page may replace it.
    deadline = time.monotonic() + 10
    while lab.lab.events.num_listeners:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert lab.lab.session.required().state["mode"] == "pause"
    old = lab.lab.session.required()
    assert client.post("api/training", json=SETTINGS).status_code == 201
    assert lab.lab.session.required() is not old
    assert not old._process.is_alive()


def test_a_killed_training_is_reported(client: httpx.Client, lab: ServedLab) -> None:
    with client.stream("GET", "api/events") as stream:
        client.post("api/training", json=SETTINGS)
        lab.lab.session.required()._process.kill()
        failed = next(event for event in events_of(stream) if event["event"] == "failed")
    assert failed["mode"] == "failed"
    error_of(client.get("api/network"), 503)
    assert client.delete("api/training").status_code == 200
    assert client.get("api/network").status_code == 200
