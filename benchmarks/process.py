"""Worker processes, controlled from the main process."""

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
    """Peer that is not installed or fails; the message gives the reason."""


class Process:
    """Process of a peer that is ready to run one workload.

    The process and all its threads are stopped between requests. Otherwise, thread pools that
    busy-wait for a while after a computation would slow down the next peer.

    Raises
    ------
    PeerAbsentError
        If the peer is not installed or its preparation fails.
    """

    def __init__(self, peer: Peer, work: str, folder: Path, *, quick: bool) -> None:
        self.peer = peer
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the process runs
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
        """Send a request and return the answer; all other processes are stopped meanwhile."""
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
            lines = self._log.read().decode(errors="replace").strip().splitlines()
            raise PeerAbsentError(f"failed: {lines[-1] if lines else 'it ended without a message'}")
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
