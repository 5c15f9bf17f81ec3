"""scikit-learn's own tests of its multilayer perceptrons, run on the estimators of this package.

`make sklearn-tests` (or `python -m tests.interop.sklearn_suite`) runs `test_mlp.py` of the
installed scikit-learn with `NeuralNetClassifier` and `NeuralNetRegressor` in place of
`MLPClassifier` and `MLPRegressor`. Arguments are passed on to pytest.
"""

from __future__ import annotations

import sys

import pytest
from sklearn import neural_network

from neuralnet import NeuralNetClassifier, NeuralNetRegressor

SUITE = "sklearn.neural_network.tests.test_mlp"

# Tests that examine nothing but private attributes or the wording of a message, with the reason.
EXCLUDED = {
    "test_fit": "sets fitted and private attributes by hand, such as _coef_grads",
    "test_gradient": "calls _loss_grad_lbfgs",
    "test_learning_rate_warmstart": "reads _optimizer.learning_rate",
    "test_adaptive_learning_rate": "reads _optimizer.learning_rate",
    "test_n_iter_no_change": "reads _no_improvement_count",
    "test_n_iter_no_change_inf": "reads _no_improvement_count",
    "test_early_stopping_stratified": "expects a class to be named as scikit-learn encodes it",
}


class Substitution:
    """pytest plugin that replaces scikit-learn's classes before its tests import them."""

    def pytest_configure(self) -> None:
        neural_network.MLPClassifier = NeuralNetClassifier
        neural_network.MLPRegressor = NeuralNetRegressor

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        excluded = [item for item in items if item.name.partition("[")[0] in EXCLUDED]
        items[:] = [item for item in items if item not in excluded]
        config.hook.pytest_deselected(items=excluded)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name, reason in EXCLUDED.items():
            terminalreporter.write_line(f"excluded: {name}: {reason}")


def main(arguments: list[str]) -> int:
    """Run the tests; return pytest's exit status."""
    # Settings of this project's own tests do not apply to those of scikit-learn.
    options = ["--pyargs", SUITE, "-c", "/dev/null", "-q", "-p", "no:cacheprovider", *arguments]
    return int(pytest.main(options, plugins=[Substitution()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
