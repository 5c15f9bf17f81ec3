"""The package as a whole: public names, costs of imports, and the architecture."""

from __future__ import annotations

import ast
import graphlib
import inspect
import io
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import neuralnet

PACKAGE = Path(neuralnet.__file__).parent
HEAVY = {
    "click", "filelock", "matplotlib", "mlxtend", "pandas", "platformdirs", "rich", "safetensors",
    "scipy", "sklearn",
}  # fmt: skip

ROOT = PACKAGE.parents[1]


def floors() -> dict[str, int]:
    """Return the floor of each folder and module, from the table in CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (.*) \|$", text, flags=re.MULTILINE)
    return {name: int(floor) for floor, names in rows for name in re.findall(r"`([\w.]+)`", names)}


FLOORS = floors()
# The package's __init__ and __main__ stand above all floors.
ABOVE = {PACKAGE / "__init__.py", PACKAGE / "__main__.py"}
ALL_MODULES = sorted(PACKAGE.rglob("*.py"))
MODULES = [path for path in ALL_MODULES if path not in ABOVE]


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of each import, type-only and lazy ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(path: Path) -> list[str]:
    return list(imports(ast.parse(path.read_text(encoding="utf-8"))))


def modules_after(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter; return the top-level modules then loaded."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded: list[str] = json.loads(run.stdout)
    return {name for name in loaded if "." not in name} | {
        name for name in loaded if name.startswith("neuralnet.") or name == "numpy.random"
    }


def test_random_numbers_wait_until_numpy_needs_them() -> None:
    # Newer versions of NumPy import numpy.random at its first use, which takes 15 ms.
    with_numpy = "numpy.random" in modules_after("import numpy")
    with_network = "numpy.random" in modules_after("from neuralnet import NeuralNetMLP")
    assert with_network == with_numpy


@pytest.mark.parametrize("name", neuralnet.__all__)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    value = getattr(neuralnet, name)
    if name == "__version__":
        assert isinstance(value, str)
        return
    doc = inspect.getdoc(value)
    assert doc
    assert doc.splitlines()[0].endswith(".")
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__name__ == name
        assert value.__module__.startswith("neuralnet.")


def test_public_names_are_listed_once_and_by_dir() -> None:
    assert len(set(neuralnet.__all__)) == len(neuralnet.__all__)
    assert set(neuralnet.__all__) == {*neuralnet._HOMES, "__version__"}
    assert set(dir(neuralnet)) >= set(neuralnet.__all__)


def test_type_checkers_are_told_the_same_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    told = {}
    for name in imports(tree):
        module, _, public = name.rpartition(".")
        if module.startswith("neuralnet."):
            told[public] = module
    assert told == {name: f"neuralnet.{home}" for name, home in neuralnet._HOMES.items()}


PUBLIC_CLASSES = [n for n in neuralnet.__all__ if inspect.isclass(getattr(neuralnet, n))]


@pytest.mark.parametrize("public", PUBLIC_CLASSES)
def test_public_methods_are_explained(public: str) -> None:
    value = getattr(neuralnet, public)
    for name, member in inspect.getmembers(value, inspect.isfunction):
        if not name.startswith("_") and member.__module__.startswith("neuralnet"):
            # A method may be explained where it was first declared.
            assert inspect.getdoc(getattr(value, name)), f"{public}.{name}"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="NeuralNetMPL"):
        neuralnet.NeuralNetMPL  # noqa: B018


def test_a_network_costs_no_heavy_import() -> None:
    assert not modules_after("from neuralnet import NeuralNetMLP") & HEAVY


def test_what_a_notebook_shows_is_loaded_only_when_it_is_shown() -> None:
    quiet = "from neuralnet import NeuralNetMLP; model = NeuralNetMLP(2)"
    assert "neuralnet.display.markup" not in modules_after(quiet)
    assert "neuralnet.display.markup" in modules_after(f"{quiet}; str(model)")


def test_training_costs_no_heavy_import_either() -> None:
    statement = "from neuralnet import NeuralNetMLP, train; train(NeuralNetMLP(1), [[1.0]], [0])"
    assert not modules_after(statement) & HEAVY


def test_the_package_by_itself_loads_not_even_numpy() -> None:
    assert "numpy" not in modules_after("import neuralnet")


def test_settings_import_no_numpy() -> None:
    loaded = modules_after("import neuralnet.training.settings")
    assert not loaded & {"numpy", *HEAVY}


def test_the_floors_are_read_from_the_only_list_of_them() -> None:
    folders = {module_name(path).split(".")[1] for path in MODULES}
    assert folders <= set(FLOORS), "every folder has a floor in CONTRIBUTING.md"
    assert FLOORS["errors"] == 0 < FLOORS["nn"] < FLOORS["training"] < FLOORS["cli"]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_no_module_imports_upward(path: Path) -> None:
    folder = module_name(path).split(".")[1]
    for imported in imports_of(path):
        top, _, rest = imported.partition(".")
        other = rest.split(".")[0]
        if top != "neuralnet" or other == folder:
            continue
        assert other in FLOORS, (
            f"{imported} is imported from the package, which is above all floors"
        )
        assert FLOORS[other] < FLOORS[folder] or FLOORS[other] == FLOORS[folder] == 0, imported


@pytest.mark.parametrize(
    "path", [p for p in MODULES if module_name(p).startswith("neuralnet.nn")], ids=module_name
)
def test_the_mathematics_import_numpy_checks_and_display_and_nothing_else(path: Path) -> None:
    for imported in imports_of(path):
        top = imported.split(".")[0]
        if top == "neuralnet":
            assert imported.split(".")[1] in {"checks", "display", "nn"}, imported
        else:
            # threadpoolctl is imported when threads are first used.
            known = {"numpy", "threadpoolctl"} | sys.stdlib_module_names
            assert top in known, imported


def test_no_imports_are_circular() -> None:
    names = {module_name(path) for path in ALL_MODULES} - {"neuralnet"}
    graph: dict[str, set[str]] = {}
    for path in ALL_MODULES:
        # `from a.b import c` depends on the module a.b.c if there is one, else on a.b.
        graph[module_name(path)] = names & {
            name if name in names else name.rpartition(".")[0] for name in imports_of(path)
        } - {module_name(path)}
    list(graphlib.TopologicalSorter(graph).static_order())  # CycleError names the modules


def code_lines(path: Path) -> int:
    """Count the lines that hold code: no docstrings, no comments, no blank lines."""
    source = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (
            tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
            tokenize.ENDMARKER,
        ):  # fmt: skip
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            docstring = node.body[0]
            assert docstring.end_lineno is not None
            lines -= set(range(docstring.lineno, docstring.end_lineno + 1))
    return len(lines)


def test_the_mathematics_fits_in_a_readers_head() -> None:
    counts = {path.name: code_lines(path) for path in sorted((PACKAGE / "nn").glob("*.py"))}
    for name, count in counts.items():
        print(f"{count:5} {name}")  # noqa: T201
    assert sum(counts.values()) <= 1000, counts


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_fits_on_a_few_screens(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_nothing_in_the_library_prints(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    assert not any(isinstance(call, ast.Name) and call.id == "print" for call in calls)
