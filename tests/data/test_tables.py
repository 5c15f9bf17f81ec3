"""CSV tables are loaded as examples, and errors name the row and column of a bad cell."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet.checks import InputError, NeuralNetError
from neuralnet.data import table_files
from neuralnet.data.inputs import input_columns, input_kind, input_target
from neuralnet.data.tables import load_table, read_table, standardization
from neuralnet.files import FileError, FileFormatError

FLOWERS = "length,width,kind\n1.5,2,rose\n2.5,3,lily\n3.5,4,rose\n4.5,-5e0,lily\n"


def written(folder: Path, text: str | bytes, name: str = "flowers.csv") -> Path:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / name


def test_table_with_a_target(tmp_path: Path) -> None:
    path = written(tmp_path, FLOWERS)
    dataset = load_table(path, "kind")
    np.testing.assert_array_equal(dataset.images, [[1.5, 2], [2.5, 3], [3.5, 4], [4.5, -5]])
    assert dataset.images.dtype == np.float32
    assert dataset.labels.tolist() == [1, 0, 1, 0]
    assert dataset.classes == ("lily", "rose")
    assert (dataset.columns, dataset.target) == (("length", "width"), "kind")
    assert dataset.image_shape == (1, 2)
    assert (dataset.num_train, dataset.name) == (4, "flowers")
    assert str(path) in dataset.source


@pytest.mark.parametrize(
    "text",
    [
        FLOWERS.replace(",", ";"),
        FLOWERS.replace(",", "\t"),
        FLOWERS.replace(",", ", "),
        FLOWERS.replace("\n", "\r\n"),
        FLOWERS.replace("\n", "\r"),
        "\n\n" + FLOWERS,
        FLOWERS.replace("2.5", '"2.5"'),
        "\ufeff" + FLOWERS,
        FLOWERS.replace("rose", '"rose"').replace("width", '"width"'),
        FLOWERS.replace("\n2.5", "\n\n2.5"),
    ],
)
def test_variants_of_the_csv_format(tmp_path: Path, text: str) -> None:
    wanted = load_table(written(tmp_path, FLOWERS), "kind")
    got = load_table(written(tmp_path, text), "kind")
    np.testing.assert_array_equal(got.images, wanted.images)
    assert (got.columns, got.classes) == (wanted.columns, wanted.classes)
    assert got.labels.tolist() == wanted.labels.tolist()


def test_gzipped_table(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(FLOWERS.encode()), "flowers.csv.gz")
    assert load_table(path, "kind").name == "flowers"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(FileError, match=r"flowers.csv.gz"):
        load_table(path, "kind")


def test_damaged_gzipped_tables_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i % 7},rose\n{i},{i % 5},lily\n" for i in range(300))
    whole = gzip.compress(("length,width,kind\n" + rows).encode(), mtime=0)
    for place in range(10, len(whole), len(whole) // 30):
        damaged = bytearray(whole)
        damaged[place] ^= 255
        path = written(tmp_path, bytes(damaged), "flowers.csv.gz")
        with pytest.raises(FileFormatError, match=r"flowers.csv.gz cannot be unpacked.* damaged"):
            load_table(path, "kind")


def test_gzip_is_recognized_by_its_content(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(FLOWERS.encode()))
    assert len(load_table(path, "kind").labels) == 4


def test_large_gzipped_tables_are_refused_before_they_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, gzip.compress(b"0" * 5_000_000), "zeros.csv.gz")
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(table_files, "MAX_BYTES", 4_000_000)
    with pytest.raises(FileFormatError, match=r"more than 4,000,000 bytes.*gunzip"):
        read_table(path)


def test_pipe_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    for limit in (len(FLOWERS), len(FLOWERS) - 1):
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_text, args=(FLOWERS,))
        writer.start()
        monkeypatch.setattr(table_files, "MAX_BYTES", limit)
        if limit == len(FLOWERS):
            assert load_table(pipe, "kind").labels.tolist() == [1, 0, 1, 0]
        else:
            with pytest.raises(FileFormatError, match=f"more than {limit} bytes"):
                load_table(pipe, "kind")
        writer.join()
        pipe.unlink()


def test_ignored_columns_are_no_inputs(tmp_path: Path) -> None:
    path = written(tmp_path, FLOWERS)
    assert load_table(path, "kind", ignore_columns=["length"]).columns == ("width",)
    assert read_table(path, ignore_columns=["kind"]).columns == ("length", "width")
    with pytest.raises(InputError, match=r"lacks the column 'lenght'.*Did you mean 'length'"):
        load_table(path, "kind", ignore_columns=["lenght"])
    with pytest.raises(FileFormatError, match="at least one column"):
        load_table(path, "kind", ignore_columns=["width", "length"])


def test_the_target_cannot_be_ignored(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'kind' is both"):
        load_table(written(tmp_path, FLOWERS), "kind", ignore_columns=["kind"])


def test_work_is_not_quadratic_in_the_number_of_columns(tmp_path: Path) -> None:
    """Each name is looked up, not compared with all the others."""
    names = [f"column{i}" for i in range(2_000)]
    row = ",".join(["1"] * len(names))
    path = written(tmp_path, f"{','.join(names)},y\n{row},0\n{row},1\n")
    operations = 0

    class Counted(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal operations
            operations += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    assert read_table(path, target="y", columns=[Counted(name) for name in names]).X.shape == (
        2,
        2_000,
    )
    assert operations < 40 * len(names)
    with pytest.raises(InputError, match=r"'column11' and 1,989 more"):
        read_table(path, columns=["z"])


def test_integer_classes_are_sorted_as_numbers(tmp_path: Path) -> None:
    rows = "".join(f"{i},{label}\n" for i, label in enumerate([10, 9, 2, 10, 9, 2]))
    dataset = load_table(written(tmp_path, "x,y\n" + rows), "y")
    assert dataset.classes == (2, 9, 10)
    assert dataset.labels.tolist() == [2, 1, 0, 2, 1, 0]


def test_class_names_that_pandas_treats_as_missing(tmp_path: Path) -> None:
    rows = "1,NA\n2,None\n3,NA\n4,None\n"
    assert load_table(written(tmp_path, "x,y\n" + rows), "y").classes == ("NA", "None")


def test_columns_and_classes_follow_the_order_of_a_network(tmp_path: Path) -> None:
    path = written(tmp_path, FLOWERS)
    dataset = load_table(path, "kind", columns=["width"], classes=["tulip", "rose", "lily"])
    assert dataset.images.tolist() == [[2], [3], [4], [-5]]
    assert dataset.labels.tolist() == [1, 2, 1, 2]
    table = read_table(path, columns=["width", "length"])
    assert table.target is None
    assert table.X[0].tolist() == [2, 1.5]
    with pytest.raises(InputError, match=r"lily.*rosa|rosa.*lily"):
        load_table(path, "kind", classes=["rosa", "rose"])


def test_pixels(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,y\n0,255,0\n17,1,1\n1,2,0\n3,4,1\n")
    dataset = load_table(path, "y", kind="pixels")
    assert dataset.images.dtype == np.uint8
    assert dataset.images[:2].tolist() == [[0, 255], [17, 1]]
    for cell in ("256", "-1", "0.5"):
        with pytest.raises(FileFormatError, match=rf"row 1, column 'b'.* {cell};.*0 to 255"):
            read_table(written(tmp_path, f"a,b\n0,{cell}\n"), kind="pixels")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("", ["header"]),
        ("\n\n", ["header"]),
        ("length,width,kind\n", ["at least one example"]),
        ("1,2,3\n4,5,6\n", ["1, 2, 3", "column names"]),
        ("length,length,kind\n1,2,rose\n", ["'length'", "unique"]),
        (",width,kind\n0,2,rose\n", ["Column 1", "no name", "index=False"]),
        (FLOWERS.replace("kind", "sort"), ["lacks", "'kind'", "'sort'"]),
        (FLOWERS.replace("kind", "kindd"), ["Did you mean 'kindd'"]),
        (FLOWERS.replace("2.5", "long"), ["row 2", "'length'", "'long'", "1 of 4"]),
        (FLOWERS.replace("2.5", ""), ["row 2", "'length'", "empty"]),
        (FLOWERS.replace("2.5", "nan"), ["row 2", "'length'"]),
        (FLOWERS.replace("2.5", "-inf"), ["row 2", "'length'", "'-inf'", "infinite"]),
        (FLOWERS.replace("2.5", "1e300"), ["row 2", "'length'", "1e+300"]),
        (FLOWERS.replace("2.5", "1" * 400), ["row 2", "'length'", "'111", "400 characters"]),
        ("length,kind\n1,a\n" + "1" * 400 + ",a\n2,b\n3,b\n", ["row 2", "'111", "400 characters"]),
        (FLOWERS.replace("2.5", "-1" + "0" * 5000), ["row 2", "'length'", "too large"]),
        (FLOWERS.replace("2.5", "1_000"), ["row 2", "'length'", "'1_000'"]),
        ("a" * 200_000 + ",width,kind\n1,2,rose\n", ["first row", "131072"]),
        (FLOWERS.replace("width", '"width'), ["lacks", "'kind'"]),
        (FLOWERS.replace("2.5,3,lily", "2.5,3"), ["row 2", "'kind'", "empty"]),
        (FLOWERS.replace("2.5,3,lily", "2.5"), ["row 2", "empty"]),
        (FLOWERS.replace("2.5,3,lily", "2.5,3,lily,4"), ["3", "4"]),
        (FLOWERS.replace("rose\n", "rose,9\n").replace("lily\n", "lily,9\n"), ["3 column names"]),
        (FLOWERS.replace("lily", "rose"), ["'rose'", "at least two"]),
        (FLOWERS.replace("1.5,2,rose", "1.5,2,a").replace("3.5,4,rose", "3.5,4,b"), ["3 classes"]),
        (b"length,width,kind\n1,2,\xff\n", ["UTF-8"]),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ["UTF-8"]),
        (b"PK\x03\x04\x00\x00a,b\n", ["header"]),
        ("kind\nrose\nlily\n", ["'kind'", "at least one column"]),
    ],
)
def test_errors_state_the_fault_and_its_position(
    tmp_path: Path, text: str | bytes, facts: list[str]
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(NeuralNetError) as caught:
        load_table(path, "kind")
    for fact in [str(path), *facts]:
        assert fact in str(caught.value)


def test_missing_file_and_folder_are_rejected(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(FileError, match=str(path)):
            read_table(path)


def test_notes_for_a_network(tmp_path: Path) -> None:
    notes = load_table(written(tmp_path, FLOWERS), "kind").network_notes()
    assert input_kind(notes) == "features"
    assert input_columns(notes) == ["length", "width"]
    assert input_target(notes) == "kind"
    assert notes["data"].startswith("flowers, from the file ")
    pixels = load_table(written(tmp_path, "a,y\n1,0\n2,1\n"), "y", kind="pixels").network_notes()
    assert input_kind(pixels) == input_kind({}) == "pixels"
    assert input_columns({}) is None
    with pytest.raises(InputError, match="columns"):
        input_columns({"columns": "length, width"})
    with pytest.raises(InputError, match="'pictures'"):
        input_kind({"input": "pictures"})


def test_standardization() -> None:
    X = np.array([[1, 5.0], [3, 5]], np.float32)
    mean, deviation = standardization(X)
    assert mean.tolist() == [2, 5]
    assert deviation.tolist() == [1, 1]  # no division by zero for a constant column
    X = np.full((1000, 1), 0.1)
    assert X.std(axis=0, dtype=np.float64) > 0  # by rounding
    assert standardization(X)[1].tolist() == [1]
    wrong: list[Any] = [np.zeros(3), np.zeros((0, 2)), "table"]
    for X in wrong:
        with pytest.raises(InputError):
            standardization(X)
