"""L-BFGS: training in which each step uses all examples, by SciPy's L-BFGS-B.

SciPy chooses the points, and the network computes the loss and its gradient there. One iteration of
SciPy counts as an epoch with one batch; it evaluates the loss once or a few times.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import (
    Array,
    InputError,
    Labelled,
    NeuralNetError,
    check_choice,
    check_integer,
    check_number,
)
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import OPTIMIZERS, Optimizer
from neuralnet.training.callbacks import GradientClipping, WeightAverage
from neuralnet.training.checkpoint import Checkpoint
from neuralnet.training.feed import Feed
from neuralnet.training.run import Callback, TrainingRun

# Examples that go through the network at a time. The gradients of these parts are added up, so that
# the activations of a large data set need little memory.
ROWS = 1000


@dataclass(eq=False)
class LBFGS(Optimizer):
    """Limited-memory BFGS (Byrd, Lu, Nocedal and Zhu 1995), for `train` only.

    It converges in few iterations on data sets of up to some thousand examples. Each iteration uses
    all examples, and a line search takes the place of the learning rate.

    Parameters
    ----------
    max_evaluations : int
        The training stops after the iteration that reaches this number of evaluations of the loss,
        at least 1.
    tolerance : float
        The training has converged when no entry of the gradient is larger, at least 0. It has also
        converged when an iteration lowers the loss by less than a few units of rounding.

    Attributes
    ----------
    converged : bool or None
        Whether the last training converged; None if a callback stopped it.
    """

    name = "lbfgs"
    default_rate = 1.0  # the length of a full step
    max_evaluations: int = 15_000
    tolerance: float = 1e-5
    converged: bool | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.max_evaluations = check_integer(self.max_evaluations, "max_evaluations", minimum=1)
        self.tolerance = check_number(self.tolerance, "tolerance", minimum=0)

    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> NoReturn:
        """Raise: SciPy takes the steps."""
        raise NeuralNetError("LBFGS has no single step; use train(..., optimizer='lbfgs').")

    def check_training(
        self,
        model: NeuralNetMLP,
        callbacks: Iterable[Callback],
        *,
        augmented: bool,
        resumed: bool,
        alone: bool,
        learning_rate: object,
    ) -> None:
        """Raise if the training has a setting that does not work with L-BFGS.

        Raises
        ------
        InputError
            If the loss would differ from one evaluation to the next, the training should be
            resumed, or there is a setting for mini-batches.
        """
        kinds = {
            Checkpoint: "a Checkpoint (the state of L-BFGS cannot be stored)",
            GradientClipping: "GradientClipping (a line search needs the true gradient)",
            WeightAverage: "WeightAverage (it averages the noise of mini-batches)",
        }
        present = {
            "dropout": any(model.dropout),
            "batch normalization": model.batch_norm,
            "augmentation": augmented,
            "resume": resumed,
            "several processes": not alone,
            "a learning rate (a line search takes its place)": learning_rate is not None,
        } | {text: any(isinstance(c, kind) for c in callbacks) for kind, text in kinds.items()}
        for what, is_present in present.items():
            if is_present:
                raise InputError(
                    f"The optimizer 'lbfgs' cannot be used with {what}. Train without it, or use "
                    f"optimizer='adam'."
                )

    def minimize(
        self,
        run: TrainingRun,
        feed: Feed,
        training_set: Labelled | None,
        validation_set: Labelled | None,
        num_examples: int,
    ) -> None:
        """Train until convergence, the last epoch, or a callback stops the training.

        The sets are those of `TrainingRun.end_epoch`. After an error or an interruption, the
        network has the weights of the last complete iteration.
        """
        from scipy.optimize import OptimizeResult, minimize

        model = run.model
        function = _FullBatch(run, feed, num_examples)
        accepted = function.read(model.parameters.values)

        def end_iteration(intermediate_result: OptimizeResult) -> None:
            accepted[...] = intermediate_result.x
            model.parameters.values[...] = model.xp.asarray(accepted)
            run.record_loss(float(intermediate_result.fun), 1.0)
            run.end_batch()
            run.end_epoch(training_set, validation_set)
            function.in_epoch = False
            if run.history.stopped is not None:
                raise StopIteration

        limits = {"maxfun": self.max_evaluations, "gtol": self.tolerance}
        try:
            with _one_thread_for_scipy():
                result = minimize(
                    function,
                    accepted.copy(),
                    jac=True,
                    method="L-BFGS-B",
                    callback=end_iteration,
                    options=limits | {"maxiter": run.num_epochs},
                )
        finally:
            model.parameters.values[...] = model.xp.asarray(accepted)
        if run.history.stopped is not None:
            return
        self.converged = bool(result.success)
        if not result.nit:
            run.batch_loss = float(result.fun)
        if self.converged:
            run.stop(f"L-BFGS converged after {result.nit} iterations")
        elif result.nfev >= self.max_evaluations:
            run.stop(f"L-BFGS reached {result.nfev} evaluations of the loss")
        elif result.nit < run.num_epochs:
            run.stop(f"L-BFGS found no lower loss after {result.nit} iterations")


def optimizer_for(choice: str | Optimizer) -> Optimizer:
    """Return the optimizer that `choice` is or names, "lbfgs" included."""
    return check_choice(choice, Optimizer, OPTIMIZERS | {LBFGS.name: LBFGS}, "optimizer")


class _FullBatch:
    """The loss over all examples with its gradient, as a function of the flat parameters."""

    def __init__(self, run: TrainingRun, feed: Feed, num_examples: int) -> None:
        self.run = run
        self.feed = feed
        self.order = np.arange(num_examples)
        self.in_epoch = False
        self.first = True

    def read(self, buffer: Array) -> NDArray[np.float64]:
        """Return a copy of a flat buffer as SciPy needs it."""
        return np.array(self.run.model.to_numpy(buffer), dtype=np.float64)

    def __call__(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the loss and its gradient at x, the L2 penalty included."""
        model, run = self.run.model, self.run
        parameters, objective = model.parameters, model.objective
        parameters.values[...] = model.xp.asarray(x)
        total, weighted_loss = 0.0, 0.0
        gradient: Any = model.xp.zeros(x.shape)
        for batch in self.feed.batches(self.order, ROWS):
            if not self.in_epoch:
                run.begin_epoch()
                run.begin_batch(batch)
                self.in_epoch = True
            with np.errstate(over="ignore", invalid="ignore"):  # the loss is checked instead
                z = model.sequential.forward(batch.x, batch.caches)  # (N, K)
                weighted_loss += batch.total_weight * objective.mean_loss(z, batch.objective_cache)
                dz = objective.backward(batch.objective_cache)  # (N, K)
                model.sequential.backward(dz, batch.caches)
                gradient += batch.total_weight * parameters.gradients
            total += batch.total_weight
        loss = weighted_loss / total + objective.penalty()
        if self.first and not math.isfinite(loss):
            raise run.diverged("at batch 1", f"The loss became {loss}")
        self.first = False
        parameters.gradients[...] = gradient / total
        objective.add_penalty_gradient()
        run.call("on_gradients")
        return loss, self.read(parameters.gradients)


@contextlib.contextmanager
def _one_thread_for_scipy() -> Iterator[None]:
    """Hold SciPy's own BLAS to one thread; NumPy's keeps its threads.

    SciPy brings a BLAS with a thread pool of its own. Its threads would wait actively between the
    steps and take the processor from NumPy's.
    """
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController()
    places = {one.filepath: Path(one.filepath).parent for one in controller.lib_controllers}
    of_scipy = [
        path
        for path, folder in places.items()
        if folder.name == "scipy.libs" or (folder.parent.name, folder.name) == ("scipy", ".dylibs")
    ]
    with controller.select(filepath=of_scipy).limit(limits=1):
        yield
