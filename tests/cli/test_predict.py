"""Tests of `neuralnet predict`, on rows and pictures, readable and not."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

import neuralnet
from tests.cli.running import run, run_failing, run_json
from tests.digits import digits


def test_predict_rows_of_a_table(flowers_model: Path, flowers: Path) -> None:
    output = run_json("predict", flowers_model, flowers)
    X = np.array([[2, 1], [1, 3], [2.5, 2], [1, 0]], np.float32)  # as the network orders columns
    wanted = neuralnet.load(flowers_model).predict_proba(X)
    found = output["predictions"]
    assert [one["class"] for one in found] == ["long", "wide", "long", "long"]
    assert [one["label"] for one in found] == [0, 1, 0, 0]
    assert [one["input"] for one in found] == ["row 1", "row 2", "row 3", "row 4"]
    np.testing.assert_allclose([list(one["probabilities"].values()) for one in found], wanted)
    assert list(found[0]["probabilities"]) == ["long", "wide"]
    assert found[1]["probability"] == wanted[1, 1]
    assert output["failures"] == []
    flowers.write_text(flowers.read_text().replace("kind", "sort"))  # no target is needed
    assert run_json("predict", flowers_model, flowers) == output


def test_text_and_quiet_output(flowers_model: Path, flowers: Path) -> None:
    lines = run("predict", flowers_model, flowers).stdout.splitlines()
    assert lines[1].startswith("row 2  wide  ")
    assert lines[1].endswith(" %")
    quiet = run("predict", flowers_model, flowers, "--quiet").stdout.splitlines()
    assert quiet == ["long", "wide", "long", "long"]


def test_output_is_a_csv_file(flowers_model: Path, flowers: Path, tmp_path: Path) -> None:
    path = tmp_path / "classes.csv"
    done = run("predict", flowers_model, flowers, "--output", path)
    assert done.stdout == ""
    assert "4 predictions" in done.stderr
    wanted = run_json("predict", flowers_model, flowers)["predictions"]
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["input"] for row in rows] == ["row 1", "row 2", "row 3", "row 4"]
    assert [row["class"] for row in rows] == [one["class"] for one in wanted]
    for row, one in zip(rows, wanted, strict=True):
        assert float(row["probability of wide"]) == pytest.approx(
            one["probabilities"]["wide"], 1e-5
        )
    before = path.read_bytes()
    assert "--overwrite" in run_failing("predict", flowers_model, flowers, "--output", path)
    assert path.read_bytes() == before
    run("predict", flowers_model, flowers, "--output", path, "--overwrite", "--quiet")
    assert path.read_bytes() == before
    original = flowers.read_bytes()
    assert "--overwrite" not in run_failing(
        "predict", flowers_model, flowers, "--output", "/dev/null"
    )
    error = run_failing("predict", flowers_model, flowers, "--output", flowers, "--overwrite")
    assert "input of this command" in error
    assert flowers.read_bytes() == original


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
@pytest.mark.parametrize("piped", [True, False])
def test_standard_input(flowers_model: Path, flowers: Path, name: str, piped: bool) -> None:
    command = [sys.executable, "-m", "neuralnet", "predict", str(flowers_model), name, "--quiet"]
    with flowers.open() as file:
        source: dict[str, Any] = {"input": file.read()} if piped else {"stdin": file}
        done = subprocess.run(command, capture_output=True, text=True, check=True, **source)
    assert done.stdout.split() == ["long", "wide", "long", "long"]


def test_missing_and_ignored_columns(flowers_model: Path, flowers: Path, tmp_path: Path) -> None:
    lines = flowers.read_text().splitlines()
    flowers.write_text("\n".join(line.partition(",")[2] for line in lines) + "\n")
    error = run_failing("predict", flowers_model, flowers)
    assert "lacks the column 'width'" in error
    assert "'kind', 'length'" in error
    model = neuralnet.load(flowers_model)
    model.notes.pop("columns")
    neuralnet.save(model, tmp_path / "model")
    flowers.write_text("id," + "\n9,".join(lines) + "\n")
    wanted = run(
        "predict", tmp_path / "model", flowers, "--target", "kind", "--ignore-column", "id"
    )
    assert len(wanted.stdout.splitlines()) == 4
    assert "3 column(s)" in run_failing("predict", tmp_path / "model", flowers, "--target", "kind")


def test_folders_with_a_subfolder_per_class(digits_model: Path, pictures: Path) -> None:
    found = run_json("predict", digits_model, pictures)["predictions"]
    assert len(found) == 40
    assert {Path(one["input"]).parent.parent for one in found} == {pictures}


def test_other_sizes_and_dark_ink_are_pointed_out(digits_model: Path, pictures: Path) -> None:
    PIL.Image.fromarray(np.zeros((60, 90), np.uint8)).save(pictures / "page.png")
    error = run_failing("predict", digits_model, pictures / "page.png")
    assert f"neuralnet read --model {digits_model} {pictures / 'page.png'}" in error
    bright = next((pictures / "3").iterdir())
    dark = pictures / "dark.png"
    PIL.Image.fromarray(255 - np.asarray(PIL.Image.open(bright))).save(dark)
    assert run("predict", digits_model, bright).stderr == ""
    noted = run("predict", digits_model, dark).stderr
    assert "dark.png" in noted
    assert "--invert" in noted
    assert run("predict", digits_model, dark, "--invert").stderr == ""
    assert "leave --invert out" in run("predict", digits_model, bright, "--invert").stderr


def test_predict_pictures_and_folders(digits_model: Path, pictures: Path) -> None:
    model, sample = neuralnet.load(digits_model), digits()
    output = run_json("predict", digits_model, pictures / "3")["predictions"]
    rows = [int(Path(one["input"]).stem) for one in output]
    assert rows == sorted(rows, key=str)
    assert [one["label"] for one in output] == model.predict(sample.images[rows]).tolist()
    one = Path(output[0]["input"])
    assert run("predict", digits_model, one, "--quiet").stdout == f"{output[0]['class']}\n"
    dark = pictures / "dark.png"
    PIL.Image.fromarray(255 - np.asarray(PIL.Image.open(one))).save(dark)
    inverted = run_json("predict", digits_model, dark, "--invert")["predictions"][0]
    assert inverted["probabilities"] == pytest.approx(output[0]["probabilities"], abs=1e-6)


def test_predict_pixels_in_a_table(digits_model: Path, tmp_path: Path) -> None:
    sample = digits()
    rows = [",".join(f"pixel{i}" for i in range(784)) + ",label"]
    rows += [",".join(map(str, image)) + ",5" for image in sample.images[:3].tolist()]
    path = tmp_path / "digits.csv"
    path.write_text("\n".join(rows) + "\n")
    output = run_json("predict", digits_model, path, "--target", "label")["predictions"]
    wanted = neuralnet.load(digits_model).predict(sample.images[:3])
    assert [one["label"] for one in output] == wanted.tolist()
    assert "785 column" in run_failing("predict", digits_model, path)
    path.write_text(path.read_text().replace("\n0,", "\n0.5,", 1))
    assert "no pixel" in run_failing("predict", digits_model, path, "--target", "label")


def test_unreadable_pictures_are_reported_and_the_others_classified(
    digits_model: Path, pictures: Path
) -> None:
    (pictures / "3" / "a.png").write_text("no picture")
    PIL.Image.fromarray(np.zeros((9, 9), np.uint8)).save(pictures / "3" / "b.png")
    readable = len(list((pictures / "3").iterdir())) - 2
    output = run_json("predict", digits_model, pictures / "3", code=1)
    assert len(output["predictions"]) == readable
    assert [Path(one["input"]).name for one in output["failures"]] == ["a.png", "b.png"]
    assert "9 x 9" in output["failures"][1]["error"]
    done = run("predict", digits_model, pictures / "3", code=1)
    assert "a.png" in done.stderr
    assert len(done.stdout.splitlines()) == readable
    assert "a.png" in run_failing("predict", digits_model, pictures / "3" / "a.png")


def test_identity_outputs_have_no_probabilities(tmp_path: Path, flowers: Path) -> None:
    model = neuralnet.NeuralNetMLP(2, 3, 2, output_activation="identity")
    neuralnet.save(model, tmp_path / "model")
    output = run_json(
        "predict", tmp_path / "model", flowers, "--target", "kind", "--input", "features"
    )
    assert set(output["predictions"][0]) == {"input", "label", "class"}


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_data_that_does_not_fit_is_refused(
    digits_model: Path, flowers_model: Path, flowers: Path, pictures: Path, extra: list[str]
) -> None:
    assert "features" in run_failing("predict", flowers_model, pictures, *extra)
    assert "3 column" in run_failing(
        "predict", digits_model, flowers, "--input", "features", *extra
    )
    assert "2 files" in run_failing("predict", flowers_model, flowers, flowers, *extra)
    flowers.write_text(flowers.read_text().replace("width", "with"))
    assert "Did you mean 'with'" in run_failing("predict", flowers_model, flowers, *extra)
