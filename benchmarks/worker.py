"""Worker process: prepares one peer for one workload and runs a round on each request.

Requests are JSON lines on standard input, and answers are JSON lines on standard output. The first
answer says that the peer is ready, or why it is not available.
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

from benchmarks import workloads
from benchmarks.peers import base, catalogue

Answer = dict[str, Any]


def main() -> None:
    """Answer requests until standard input is closed."""
    # Redirect the output of libraries to standard error; standard output is for answers only.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    setup = json.loads(sys.argv[1])
    try:
        work = workloads.find(setup["work"], cut_down=setup["quick"])
        peer = next(p for p in catalogue.peers_for(None, work) if p.name == setup["peer"])
        answer = prepare(peer, base.Job(work, Path(setup["folder"])))
    except ModuleNotFoundError as error:
        _send(answers, {"absent": f"not installed ({error.name})"})
        return
    _send(answers, {"versions": versions(peer.packages)})
    for line in sys.stdin:
        _send(answers, answer(json.loads(line)))


def _send(answers: Any, answer: Answer) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of installed packages."""
    return {package: importlib.metadata.version(package) for package in packages}


def prepare(peer: catalogue.Peer, job: base.Job) -> Callable[[Answer], Answer]:
    """Prepare a peer for its workload; return a function that answers requests for a round."""
    module = importlib.import_module(f"benchmarks.peers.{peer.module}")
    if job.work.kind == "training":
        return training(module.Trainer(job, **peer.options))
    if job.work.kind == "prediction":
        return prediction(module.Predictor(job, **peer.options))
    epoch = module.Epoch(job, **peer.options)
    return lambda request: dict(epoch.run(request["seed"]))


def training(trainer: base.Trainer) -> Callable[[Answer], Answer]:
    """Return a function that times an epoch and saves the weights if the request has a path."""

    def answer(request: Answer) -> Answer:
        seconds = trainer.train(base.Order(request["seed"], request.get("steps")))
        if path := request.get("path"):
            np.savez(path, *trainer.weights())
        return {"seconds": seconds, "mean_loss": trainer.mean_loss, "inputs": trainer.inputs}

    return answer


def prediction(predictor: base.Predictor) -> Callable[[Answer], Answer]:
    """Return a function that times a call and saves the probabilities if the request has a path."""
    calls = base.calls_per_round(predictor)

    def answer(request: Answer) -> Answer:
        seconds = base.seconds_per_call(predictor, calls)
        if path := request.get("path"):
            np.savez(path, predictor.predict())
        return {"seconds": seconds, "inputs": predictor.inputs}

    return answer


if __name__ == "__main__":
    main()
