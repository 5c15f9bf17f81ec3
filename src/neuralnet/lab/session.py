"""The network that the page shows, and the training that may be changing it."""

from __future__ import annotations

import copy
import multiprocessing
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neuralnet.errors import InputError, NeuralNetError
from neuralnet.lab.digits import LabDigits
from neuralnet.lab.settings import LabSettings
from neuralnet.lab.worker import work
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import save

# A step of the largest network takes less than one second; on a busy machine, starting the process
# takes several.
WEIGHTS_SECONDS = 30.0
STOP_SECONDS = 0.5
# The commands that change whether the training goes on.
MODES = ("run", "pause", "step", "epoch")

Publish = Callable[[dict[str, Any]], None]


class TrainingExistsError(NeuralNetError):
    """Another training is in progress."""


class Training:
    """A training in a process of its own.

    Parameters
    ----------
    settings : LabSettings
        Its settings.
    digits : LabDigits
        Its digits.
    pretrained : NeuralNetMLP or None
        Network that is only taught drawings, or None to train a new one.
    publish : callable
        Called with each event, from another thread.

    Attributes
    ----------
    state : dict
        All that a page needs to show the training from the beginning.
    """

    def __init__(
        self,
        settings: LabSettings,
        digits: LabDigits,
        pretrained: NeuralNetMLP | None,
        publish: Publish,
    ) -> None:
        self._replica = copy.deepcopy(pretrained) if pretrained else settings.network()
        self._publish = publish
        self._weights: bytes | None = None
        self._stopped = self._ended = False
        self._arrived = threading.Condition()
        self.state: dict[str, Any] = {
            "settings": asdict(settings),
            "pretrained": pretrained is not None,
            "mode": "pause",
            "history": [],
            "advice": [],
        }
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=work, args=(theirs, settings, digits, pretrained), daemon=True
        )
        self._process.start()
        theirs.close()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def command(self, do: str, **values: Any) -> None:
        """Send a command.

        Raises
        ------
        NeuralNetError
            If the training has ended.
        """
        if do in MODES:
            self._set_mode(do)
        self._send(do, **values)

    def network(self) -> NeuralNetMLP:
        """Return the network as it is now; the same object each time.

        Raises
        ------
        NeuralNetError
            If the process does not answer.
        """
        with self._arrived:
            self._weights = None
            self._send("weights")
            self._arrived.wait_for(
                lambda: self._weights is not None or self._ended, WEIGHTS_SECONDS
            )
            if self._weights is None:
                raise NeuralNetError("The training does not answer. Reset it and start again.")
            state = self._replica.parameters.state
            state[...] = np.frombuffer(self._weights, state.dtype)
        return self._replica

    def stop(self) -> None:
        """End the process."""
        self._stopped = True
        self._process.kill()  # it holds nothing that has to be saved
        self._process.join(STOP_SECONDS)
        self._listener.join(STOP_SECONDS)
        self._pipe.close()

    def _send(self, do: str, **values: Any) -> None:
        try:
            self._pipe.send({"do": do, **values})
        except (OSError, ValueError) as error:
            raise NeuralNetError("The training has ended. Reset it and start again.") from error

    def _set_mode(self, mode: str) -> None:
        self.state["mode"] = mode
        self._publish({"event": "mode", "mode": mode})

    def _listen(self) -> None:
        try:
            while True:
                self._take(self._pipe.recv())
        except (EOFError, OSError):
            with self._arrived:
                self._ended = True
                self._arrived.notify_all()
            if self.state["mode"] != "failed" and not self._stopped:
                self._take({"event": "failed", "message": "The training process ended."})

    def _take(self, event: dict[str, Any]) -> None:
        kind, state = event["event"], self.state
        if kind == "weights":
            with self._arrived:
                self._weights = event["state"]
                self._arrived.notify_all()
            return
        if kind == "epoch":
            state["history"].append(event)
        elif kind in ("wrong", "batch", "taught"):
            state[kind] = event
        if kind in ("finished", "failed"):
            state["mode"], state["message"] = kind, event.get("message")
        if kind == "batch" and event["paused"] and state["mode"] in ("step", "epoch"):
            state["mode"] = "pause"
        if "advice" in event:
            state["advice"] = event["advice"]
        self._publish({**event, "mode": state["mode"]})


class Session:
    """The lab's network: the one it was opened with, or the one in training.

    Parameters
    ----------
    model : NeuralNetMLP
        Network that the page shows before anything is trained.
    name : str
        What the page calls it.
    publish : callable
        Called with each event of the training, from another thread.
    """

    def __init__(self, model: NeuralNetMLP, name: str, publish: Publish) -> None:
        self.model = model
        self.name = name
        self.training: Training | None = None
        self._publish = publish
        self._lock = threading.RLock()

    def start(self, settings: LabSettings, digits: LabDigits, *, pretrained: bool = False) -> None:
        """Start a training; with `pretrained`, one that only teaches the opened network.

        Raises
        ------
        TrainingExistsError
            If there is one already.
        """
        with self._lock:
            if self.training is not None and self.training.state["pretrained"]:
                self.reset()
            if self.training is not None:
                raise TrainingExistsError(
                    "A training is in progress in another page of this lab, and one is the limit. "
                    "Reset it there, or close that page, and start again."
                )
            model = self.model if pretrained else None
            self.training = Training(settings, digits, model, self._publish)

    def reset(self) -> None:
        """End the training, and return to the network that the lab was opened with."""
        with self._lock:
            training, self.training = self.training, None
            if training is not None:
                training.stop()
                self._publish({"event": "reset", "pretrained": training.state["pretrained"]})

    def required(self) -> Training:
        """Return the training; raise `InputError` if there is none."""
        if self.training is None:
            raise InputError("There is no training. Start one first.")
        return self.training

    def network(self) -> NeuralNetMLP:
        """Return the network that the page shows.

        It holds no lock while it waits for a training, so that a reset need not wait for it.
        """
        while (training := self.training) is not None:
            try:
                return training.network()
            except NeuralNetError:
                if self.training is training:  # else it was reset in the meantime
                    raise
        return self.model

    def network_file(self) -> bytes:
        """Return that network as the bytes of a safetensors file."""
        with self._lock, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.safetensors"
            save(self.network(), path)
            return path.read_bytes()
