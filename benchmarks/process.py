"""A worker's process, seen from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.peers.catalogue import Peer

ROOT = Path(__file__).resolve().parent.parent


class PeerAbsentError(Exception):
    """A peer that is not installed, or fails at its work; the text says why."""


class Process:
    """A peer that stands ready for one work, and sleeps while it is not its turn.

    Between requests the process is stopped, all its threads with it: thread pools that go on
    spinning for a while after their work is done would take time from whoever comes next.

    Raises
    ------
    PeerAbsentError
        If the peer cannot be made ready.
    """

    def __init__(self, peer: Peer, work: str, folder: Path, *, quick: bool) -> None:
        self.peer = peer
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as the process
        setup = {"peer": peer.name, "work": work, "folder": str(folder), "quick": quick}
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "benchmarks.worker", json.dumps(setup)],
            cwd=ROOT,
            env=os.environ | dict(peer.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self.versions: dict[str, str] = self._answer().get("versions", {})

    def ask(self, **request: Any) -> dict[str, Any]:
        """Have a request answered; nobody else runs meanwhile."""
        self._process.send_signal(signal.SIGCONT)
        assert self._process.stdin  # noqa: S101 - it is a pipe
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout  # noqa: S101 - it is a pipe
        line = self._process.stdout.readline()
        if not line:
            self.end()
            self._log.seek(0)
            said = self._log.read().decode(errors="replace").strip().splitlines()
            raise PeerAbsentError(f"failed: {said[-1] if said else 'it ended without a word'}")
        answer: dict[str, Any] = json.loads(line)
        if "absent" in answer:
            self.end()
            raise PeerAbsentError(answer["absent"])
        self._process.send_signal(signal.SIGSTOP)
        return answer

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
