"""A peer's process: it makes one peer ready for one work, and then does a round on request.

Requests are JSON lines on standard input, answers JSON lines on standard output. The first answer
says that the peer is ready, or why it will not be.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import works
from benchmarks.peers import base, catalogue

Answer = dict[str, Any]


def main() -> None:
    """Answer requests until there are no more."""
    # What libraries print goes to standard error, so that only answers go to standard output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    setup = json.loads(sys.argv[1])
    try:
        work = works.find(setup["work"], cut_down=setup["quick"])
        peer = next(p for p in catalogue.able(None, work) if p.name == setup["peer"])
        answer = ready(peer, base.Job(work, Path(setup["folder"])))
    except ModuleNotFoundError as error:
        _say(answers, {"absent": f"not installed ({error.name})"})
        return
    _say(answers, {"versions": versions(peer.packages)})
    for line in sys.stdin:
        _say(answers, answer(json.loads(line)))


def _say(answers: Any, answer: Answer) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of installed distributions."""
    return {package: importlib.metadata.version(package) for package in packages}


def ready(peer: catalogue.Peer, job: base.Job) -> Callable[[Answer], Answer]:
    """Make a peer ready for its work; return what answers a request for a round."""
    module = importlib.import_module(f"benchmarks.peers.{peer.module}")
    if job.work.kind == "training":
        return training(module.Trainer(job, **peer.options))
    if job.work.kind == "prediction":
        return prediction(module.Predictor(job, **peer.options))
    epoch = module.Epoch(job, **peer.options)
    return lambda request: dict(epoch.run(request["seed"]))


def training(trainer: base.Trainer) -> Callable[[Answer], Answer]:
    """Answer with the seconds of an epoch; leave the weights in a file where one is named."""

    def answer(request: Answer) -> Answer:
        seconds = trainer.train(base.Order(request["seed"], request.get("steps")))
        if path := request.get("path"):
            np.savez(path, *trainer.weights())
        return {"seconds": seconds, "mean_loss": trainer.mean_loss, "inputs": trainer.inputs}

    return answer


def prediction(predictor: base.Predictor) -> Callable[[Answer], Answer]:
    """Answer with the seconds of a call; leave the probabilities in a file where one is named."""
    calls = base.calls_a_round(predictor)

    def answer(request: Answer) -> Answer:
        seconds = base.seconds_a_call(predictor, calls)
        if path := request.get("path"):
            np.savez(path, predictor.predict())
        return {"seconds": seconds, "inputs": predictor.inputs}

    return answer


if __name__ == "__main__":
    main()
