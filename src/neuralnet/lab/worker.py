"""The process that trains: the package's own `train`, controlled through a pipe.

Commands are dictionaries with the key "do": "run", "pause", "step", "epoch", "rate", "weights" and
"teach". The answers are dictionaries with the key "event". The process ends when the pipe closes.
"""

from __future__ import annotations

import base64
import os
import signal
import threading
import time
import warnings
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from neuralnet.checks import Array
from neuralnet.errors import NeuralNetError
from neuralnet.lab.digits import LabDigits
from neuralnet.lab.lesson import teach
from neuralnet.lab.settings import LabSettings
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.training.loop import train
from neuralnet.training.run import Callback, TrainingRun

REPORT_SECONDS = 0.1  # between reports within an epoch: smooth for the eye, cheap for the pipe
GALLERY = 24  # misread validation digits that are shown


def work(
    pipe: Connection, settings: LabSettings, digits: LabDigits, pretrained: NeuralNetMLP | None
) -> None:
    """Train as the commands say; or, with a pretrained network, only teach it.

    Parameters
    ----------
    pipe : Connection
        This process's end of the pipe.
    settings : LabSettings
        Settings of the training.
    digits : LabDigits
        Its digits.
    pretrained : NeuralNetMLP, optional
        Network that is taught drawings, instead of a new one that is trained.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the server, which closes the pipe
    warnings.simplefilter("ignore")  # advice is sent from the history
    controls: Controls | None = None
    lock = threading.Lock()

    def send(event: str, **values: Any) -> None:
        with lock:
            pipe.send({"event": event, **values})

    try:
        model = pretrained or settings.network()
        controls = Controls(model, digits, send)
        threading.Thread(target=controls.listen, args=(pipe,), daemon=True).start()
        controls.report_wrong()
        send("ready", examples=len(digits.y_train))
        if pretrained is None:
            history = train(
                model,
                digits.X_train,
                digits.y_train,
                digits.X_valid,
                digits.y_valid,
                num_epochs=settings.epochs,
                learning_rate=settings.rate,
                minibatch_size=settings.batch,
                optimizer=settings.optimizer,
                seed=settings.seed,
                callbacks=[controls],
            )
            send("finished", advice=list(history.advice))
        while True:
            controls.wait_for_lesson()
    except (BrokenPipeError, EOFError):
        return  # the server has gone
    except (NeuralNetError, MemoryError) as error:
        send("failed", message=str(error) or "There is not enough memory for this network.")
        if controls is not None:  # the weights can still be looked at
            threading.Event().wait()


class Weights:
    """The weights of a network that is trained in one thread and copied in another.

    They change only while `_step` is held. A reader holds `_turn` until it has its copy, so that
    the training, which needs both, cannot overtake it again and again.
    """

    def __init__(self, model: NeuralNetMLP) -> None:
        self._state: Array = model.parameters.state
        self._turn, self._step = threading.Lock(), threading.Lock()

    def copy(self) -> bytes:
        """Return a copy of the weights, between two steps."""
        with self._turn, self._step:
            return self._state.tobytes()

    def begin_step(self) -> None:
        """Begin to change the weights."""
        with self._turn:
            self._step.acquire()

    def end_step(self) -> None:
        """End the step, if one has begun."""
        if self._step.locked():
            self._step.release()


class Lesson(Callback):
    """Reports each step of a lesson, with the probability of the digit that is taught."""

    incremental = True  # so that `train` does not warn of a short training

    def __init__(self, weights: Weights, picture: Array, label: int, send: Any) -> None:
        self._weights, self._picture, self._label, self._send = weights, picture, label, send
        self._done = 0

    def on_batch_begin(self, run: TrainingRun) -> None:
        """Begin a step."""
        self._weights.begin_step()

    def on_batch_end(self, run: TrainingRun) -> None:
        """End the step, and report it."""
        self._weights.end_step()
        self._done += 1
        probability = float(run.model.predict_proba(self._picture[np.newaxis])[0, self._label])
        self._send(
            "lesson",
            step=self._done,
            steps=run.num_epochs * run.num_batches,
            label=self._label,
            probability=probability,
        )

    def on_train_end(self, run: TrainingRun) -> None:
        """Release the weights if an error ended a step."""
        self._weights.end_step()


class Controls(Callback):
    """Pauses the training where the commands say so, and reports its progress.

    Parameters
    ----------
    model : NeuralNetMLP
        The network.
    digits : LabDigits
        Its digits.
    send : callable
        Called as `send(event, **values)`.
    """

    def __init__(self, model: NeuralNetMLP, digits: LabDigits, send: Any) -> None:
        self._model = model
        self._digits = digits
        self._send = send
        self._changed = threading.Condition()
        self._mode = "pause"
        self._rate: float | None = None
        self._lessons: deque[tuple[Array, int]] = deque()
        self._weights = Weights(model)
        self._reported = 0.0

    def listen(self, pipe: Connection) -> None:
        """Obey commands until the pipe closes; then end the process."""
        try:
            while True:
                self._obey(pipe.recv())
        except (EOFError, OSError):
            os._exit(0)

    def _obey(self, command: dict[str, Any]) -> None:
        if command["do"] == "weights":
            self._send("weights", state=self._weights.copy())
            return
        with self._changed:
            if command["do"] == "rate":
                self._rate = command["rate"]
            elif command["do"] == "teach":
                picture = np.frombuffer(command["picture"], np.uint8)
                self._lessons.append((picture, command["label"]))
            else:
                self._mode = command["do"]
            self._changed.notify()

    def on_batch_begin(self, run: TrainingRun) -> None:
        """Wait while the training is paused, teach what was asked for, and set the rate."""
        with self._changed:
            paused = self._mode == "pause"
        if paused:
            self._report_batch(run)
        while self.wait_for_lesson(or_go=True):
            pass
        if self._rate is not None:
            run.learning_rate, self._rate = self._rate, None
        self._weights.begin_step()

    def on_batch_end(self, run: TrainingRun) -> None:
        """Release the weights and report the progress."""
        self._weights.end_step()
        with self._changed:
            if self._mode == "step":
                self._mode = "pause"
        if time.monotonic() - self._reported > REPORT_SECONDS:
            self._report_batch(run)

    def on_train_end(self, run: TrainingRun) -> None:
        """Release the weights if an error ended a step."""
        self._weights.end_step()

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Report the figures of the epoch and the digits that are still misread."""
        history = run.history
        with self._changed:
            if self._mode == "epoch":
                self._mode = "pause"
        self._send(
            "epoch",
            epoch=run.epoch,
            train_loss=history.train_loss[-1],
            train_accuracy=history.train_accuracy[-1],
            valid_loss=history.valid_loss[-1],
            valid_accuracy=history.valid_accuracy[-1],
            seconds=history.seconds[-1],
            advice=list(history.advice),
        )
        self.report_wrong()

    def wait_for_lesson(self, *, or_go: bool = False) -> bool:
        """Wait for a drawing to teach, and teach it.

        With `or_go`, return False once the training may go on and there is none.
        """
        with self._changed:
            while not self._lessons:
                if or_go and self._mode != "pause":
                    return False
                self._changed.wait()
            picture, label = self._lessons.popleft()
        before = self._model.evaluate(self._digits.X_valid, self._digits.y_valid)
        lesson = Lesson(self._weights, picture, label, self._send)
        teach(self._model, picture, label, self._digits, [lesson])
        after = self._model.evaluate(self._digits.X_valid, self._digits.y_valid)
        self.report_wrong()
        self._send("taught", label=label, before=before.accuracy, after=after.accuracy)
        return True

    def report_wrong(self) -> None:
        """Report validation digits that the network gets wrong."""
        predicted = self._model.predict(self._digits.X_valid)
        wrong = np.flatnonzero(predicted != self._digits.y_valid)
        pictures = np.ascontiguousarray(self._digits.X_valid[wrong[:GALLERY]])
        self._send(
            "wrong",
            total=len(wrong),
            of=len(predicted),
            labels=self._digits.y_valid[wrong[:GALLERY]].tolist(),
            predicted=predicted[wrong[:GALLERY]].tolist(),
            pictures=base64.b64encode(pictures.tobytes()).decode(),
        )

    def _report_batch(self, run: TrainingRun) -> None:
        self._reported = time.monotonic()
        self._send(
            "batch",
            epoch=run.epoch,
            batch=run.batch,
            batches=run.num_batches,
            loss=run.batch_loss,
            rate=run.learning_rate,
            paused=self._mode == "pause",
            advice=list(run.history.advice),
        )
