"""A real notebook shows histories, networks and data sets, without Matplotlib."""

from __future__ import annotations

from typing import Any

import nbclient
import nbformat
import pytest

CELLS = {
    "import": "import numpy as np\n"
    "from neuralnet import Dataset, NeuralNetMLP, split_dataset, train\n"
    "images = np.random.default_rng(0).integers(0, 256, (400, 784), np.uint8)\n"
    "dataset = Dataset(images, np.arange(400) % 10, 300, (28, 28), tuple(range(10)), 'noise', '')",
    "dataset": "dataset",
    "split": "split = split_dataset(dataset)\nsplit",
    "model": "model = NeuralNetMLP(784, 20)\nmodel",
    "printed": "print(model)",
    "loaded": "import sys\n'matplotlib' in sys.modules",
    "history": "train(model, split.X_train, split.y_train, split.X_valid, split.y_valid, "
    "num_epochs=2)",
    "interrupted": "import os, signal\n"
    "from neuralnet import Callback\n"
    "class CtrlC(Callback):\n"
    "    def on_batch_end(self, run):\n"
    "        if (run.epoch, run.batch) == (3, 2):\n"
    "            os.kill(os.getpid(), signal.SIGINT)\n"
    "            sum(range(10**6))\n"
    "history = train(model, split.X_train, split.y_train, num_epochs=9, minibatch_size=20, "
    "callbacks=[CtrlC()])\n"
    "(history.interrupted, history.num_epochs)",
    "progress": "train(model, split.X_train, split.y_train, num_epochs=2, verbose=True)",
    "figure": "from neuralnet import plots\nplots.history(history)",
    "layers": "model.layers",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Run the notebook; return the outputs of each cell."""
    folder = tmp_path_factory.mktemp("jupyter")
    cells = [
        nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
        for source in CELLS.values()
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    with pytest.MonkeyPatch.context() as patch:
        # The user's own settings and files stay out of it.
        for variable in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(variable, str(folder / variable))
        nbclient.NotebookClient(notebook, timeout=30, kernel_name="python3").execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def html(outputs: list[Any]) -> str:
    (output,) = (one for one in outputs if one["output_type"] != "stream")  # warnings aside
    assert output.output_type == "execute_result"
    text: str = output.data["text/html"]
    return text


def test_a_notebook_shows_a_history_as_curves(outputs: dict[str, list[Any]]) -> None:
    text = html(outputs["history"])
    assert text.count("<svg") == 2
    assert "2 epochs" in text


def test_advice_stands_below_the_curves(outputs: dict[str, list[Any]]) -> None:
    _, advice = html(outputs["history"]).split("<li>")
    assert "updates in all" in advice


def test_an_interrupted_training_returns_the_history_so_far(outputs: dict[str, list[Any]]) -> None:
    (result,) = (one for one in outputs["interrupted"] if one["output_type"] != "stream")
    assert result.data["text/plain"] == "(True, 2)"


def test_progress_is_shown_in_a_notebook(outputs: dict[str, list[Any]]) -> None:
    shown = "".join(
        one["text"] if one["output_type"] == "stream" else one["data"].get("text/plain", "")
        for one in outputs["progress"]
    )
    assert "2/2" in shown


def test_a_figure_appears_without_a_magic_command(outputs: dict[str, list[Any]]) -> None:
    (figure,) = (one for one in outputs["figure"] if one["output_type"] != "stream")
    assert figure.data["image/png"]


def test_a_notebook_shows_a_network_as_a_table(outputs: dict[str, list[Any]]) -> None:
    text = html(outputs["model"])
    assert text.count("<tr>") == 5
    assert "15,910" in text
    (printed,) = outputs["printed"]
    assert printed.name == "stdout"
    assert "layers.0  Dense" in printed.text


def test_a_notebook_shows_sample_images(outputs: dict[str, list[Any]]) -> None:
    assert html(outputs["dataset"]).count("data:image/png") == 20
    assert html(outputs["split"]).count("data:image/png") == 20


def test_what_has_no_html_is_a_line_of_text(outputs: dict[str, list[Any]]) -> None:
    (output,) = outputs["layers"]
    assert "<Dense 784 -> 20, 15,700 parameters>" in output.data["text/plain"]


def test_a_notebook_needs_no_matplotlib(outputs: dict[str, list[Any]]) -> None:
    (output,) = outputs["loaded"]
    assert output.data["text/plain"] == "False"
