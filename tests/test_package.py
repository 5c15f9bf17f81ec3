"""The package as a whole: its public names, what an import costs, and who may import whom."""

from __future__ import annotations

import ast
import graphlib
import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import neuralnet

PACKAGE = Path(neuralnet.__file__).parent
HEAVY = {
    "click", "matplotlib", "mlxtend", "pandas", "platformdirs", "rich", "safetensors", "scipy",
    "sklearn",
}  # fmt: skip

# A room imports from the floors below its own only. The ground floor may lean on itself.
FLOORS = {
    "errors": 0,
    "checks": 0,
    "files": 0,
    "nn": 1,
    "data": 1,
    "storage": 2,
    "recipes": 2,
    "training": 3,
    "reading": 3,
    "interop": 4,
    "plots": 4,
    "lab": 5,
    "cli": 6,
    "__main__": 7,
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST, *, for_types: bool = True) -> Iterator[str]:
    """Give the full name of each module imported, and of each name imported from one."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            if for_types:
                yield from imports(node, for_types=for_types)
        else:
            yield from imports(node, for_types=for_types)


def imports_of(path: Path, *, for_types: bool = True) -> list[str]:
    return list(imports(ast.parse(path.read_text(encoding="utf-8")), for_types=for_types))


def room_of(imported: str) -> str | None:
    """Return the room that an import comes from; a public name comes from its home."""
    top, _, rest = imported.partition(".")
    if top != "neuralnet" or rest.startswith("__"):
        return None
    home = importlib.import_module(neuralnet._HOMES[rest]) if rest in neuralnet._HOMES else None
    return rest.split(".")[0] if home is None else home.__name__.split(".")[1]


def modules_after(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter; return the top-level modules then loaded."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded: list[str] = json.loads(run.stdout)
    return {name for name in loaded if "." not in name} | {
        name for name in loaded if name.startswith("neuralnet.")
    }


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


def test_training_costs_no_heavy_import_either() -> None:
    statement = "from neuralnet import NeuralNetMLP, train; train(NeuralNetMLP(1), [[1.0]], [0])"
    assert not modules_after(statement) & HEAVY


def test_the_package_by_itself_loads_not_even_numpy() -> None:
    assert "numpy" not in modules_after("import neuralnet")


def test_settings_import_no_numpy() -> None:
    loaded = modules_after("import neuralnet.training.settings")
    assert not loaded & {"numpy", *HEAVY}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_no_module_imports_upward(path: Path) -> None:
    room = module_name(path).split(".")[1]
    assert room in FLOORS, f"{room} stands on no floor: give it one in the plan, and here"
    for imported in imports_of(path):
        other = room_of(imported)
        if other is None or other == room:
            continue
        assert FLOORS[other] < FLOORS[room] or FLOORS[other] == FLOORS[room] == 0, imported


@pytest.mark.parametrize(
    "path", [p for p in MODULES if module_name(p).startswith("neuralnet.nn")], ids=module_name
)
def test_the_mathematics_import_numpy_and_checks_and_nothing_else(path: Path) -> None:
    for imported in imports_of(path):
        top = imported.split(".")[0]
        if top == "neuralnet":
            assert imported.split(".")[1] in {"checks", "nn"}, imported
        else:
            assert top == "numpy" or top in sys.stdlib_module_names, imported


def test_no_module_imports_itself_by_a_detour() -> None:
    names = {module_name(path) for path in MODULES}
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        found = imports_of(path, for_types=False)
        # `from a.b import c` leans on the module a.b.c if there is one, else on a.b.
        graph[module_name(path)] = names & {
            name if name in names else name.rpartition(".")[0] for name in found
        }
    list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError and names the circle


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_fits_on_a_few_screens(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_nothing_in_the_library_prints(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    assert not any(isinstance(call, ast.Name) and call.id == "print" for call in calls)
