"""The house: a folder imports only itself and the folders above it; importing skrnn is quick."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import skrnn

ROOT = Path(skrnn.__file__).parent
# From top to bottom: data flows downwards.
FOLDERS = [
    "datasets",
    "sequences",
    "preprocessing",
    "targets",
    "keras_objects",
    "cells",
    "layers",
    "heads",
    "networks",
    "training",
    "metrics",
    "estimators",
    "inspection",
]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module


def modules():
    return sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def test_every_folder_has_its_place():
    found = {p.name for p in ROOT.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert found <= set(FOLDERS)
    assert {p.relative_to(ROOT).parts[0] for p in modules()} <= set(FOLDERS)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_upwards(path):
    home = FOLDERS.index(path.relative_to(ROOT).parts[0])
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "skrnn" and len(parts) > 1:
            assert FOLDERS.index(parts[1]) <= home, f"{path.name} imports {name} from below"
        if parts[0] == "scikeras":
            assert path.name == "wrapper.py"
        if parts[0] == "matplotlib":
            assert path.parent.name == "inspection"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_names_and_sizes(path):
    assert path.stem not in {"utils", "helpers", "common", "misc"}
    assert len(path.read_text().splitlines()) <= 400


# Private names of Keras, TensorFlow and JAX that skrnn needs, and those of scikit-learn; each has one file.
KERAS_FILE, SKLEARN_FILE = "keras_objects/private.py", "sequences/sklearn_private.py"
KERAS_MODULES = ("keras.src", "tensorflow.python", "jax._src")
KERAS_NAMES = {
    "StatefulPartitionedCall",
    "_backends",
    "_flatten_layers",
    "_get_variable_index",
    "_initial_seed",
    "_initialized",
    "_initializer",
    "_keras_logits",
    "_momentums",
    "_seed_generators",
    "_velocities",
    "get_global_attribute",
    "seed_generator_state",
    "set_global_attribute",
    "uninitialized_variables",
}
SKLEARN_NAMES = {
    "_init_callback_context",
    "_metadata_request",
    "_skl_callbacks",
    "_sklearn_output_config",
    "_validate_params",
}
# Public in spite of the underscore: namedtuple's.
PUBLIC_NAMES = {"_asdict", "_replace"}
# The one module that knows scikeras, and a name there that scikit-learn's checks refuse.
SCIKERAS_FILE, SCIKERAS_NAMES = "estimators/wrapper.py", {"_more_tags"}
# The end of a public name such as "kernel_initializer", and so no attribute, where it is a string.
PARTS_OF_STRINGS = {"_initializer"}


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def attributes(tree):
    """Names of attributes, by a dot or by getattr and the like, and whether they are those of self."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr, ast.unparse(node.value) in ("self", "cls", "super()")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr", "hasattr", "delattr"):
            owner, name = node.args[:2]
            yield from [(name.value, ast.unparse(owner) in ("self", "cls"))] if isinstance(name, ast.Constant) else []


def own_names(trees):
    """Names that modules give: to functions, classes, variables, attributes of self, and by string in a dict."""
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if ast.unparse(node.value) in ("self", "cls"):
                yield node.attr
        elif isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from [node.slice.value] if isinstance(node.slice, ast.Constant) else []


def imported_names(tree):
    """Dotted names of what a module imports, with the names that it takes from there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def strings(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_private_names_of_others_have_one_file(path):
    home = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text())
    imported = set(imported_names(tree))
    named = {name for name, _ in attributes(tree)} | (strings(tree) - PARTS_OF_STRINGS)
    if home != KERAS_FILE:
        inside = {
            name for name in imported | strings(tree) if f"{name}.".startswith(tuple(f"{m}." for m in KERAS_MODULES))
        }
        assert not inside, f"{home}: only {KERAS_FILE} imports {inside}"
        assert not named & KERAS_NAMES, f"{home}: only {KERAS_FILE} uses {named & KERAS_NAMES}"
    if home != SKLEARN_FILE:
        inside = {name for name in imported if name.startswith("sklearn.") and "._" in name}
        assert not inside, f"{home}: only {SKLEARN_FILE} imports {inside}"
        assert not named & SKLEARN_NAMES, f"{home}: only {SKLEARN_FILE} uses {named & SKLEARN_NAMES}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_private_attributes_are_our_own(path):
    """Those of self are defined in skrnn, not by a class of others; those of other objects, in the same folder."""
    home = path.relative_to(ROOT).as_posix()
    if home in (KERAS_FILE, SKLEARN_FILE):
        return
    allowed = PUBLIC_NAMES | (SCIKERAS_NAMES if home == SCIKERAS_FILE else set())
    of_skrnn, of_folder = names_of(ROOT) | allowed, names_of(path.parent) | allowed
    for name, of_self in attributes(ast.parse(path.read_text())):
        if is_private(name):
            assert name in (of_skrnn if of_self else of_folder), f"{home} uses {name} of others"


@cache
def names_of(folder):
    return set(own_names(ast.parse(p.read_text()) for p in folder.rglob("*.py")))


def test_private_names_are_in_use():
    """A name that is no longer needed leaves the lists above."""
    for file, names in ((KERAS_FILE, KERAS_NAMES), (SKLEARN_FILE, SKLEARN_NAMES)):
        tree = ast.parse((ROOT / file).read_text())
        used = {name for name, _ in attributes(tree)} | strings(tree)
        assert names <= used, f"{file} does not use {names - used}"


def test_each_function_for_private_names_says_why():
    for file in (KERAS_FILE, SKLEARN_FILE):
        for node in ast.parse((ROOT / file).read_text()).body:
            if isinstance(node, ast.FunctionDef):
                assert ast.get_docstring(node), f"{file}: {node.name} must say what it is for"


def test_importing_skrnn_is_quick_and_quiet():
    code = """
import sys, time
start = time.perf_counter()
import skrnn
seconds = time.perf_counter() - start
assert not {"tensorflow", "keras", "sklearn", "numpy"} & set(sys.modules), "heavy imports"
from skrnn.sequences import Sequences
from skrnn.preprocessing import PerStep
import skrnn.sequences.messages, skrnn.sequences.sklearn_private
assert not {"tensorflow", "keras"} & set(sys.modules), "Sequences and PerStep need no Keras"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names():
    assert set(skrnn.__all__) <= set(dir(skrnn))
    for name in skrnn.__all__:
        assert getattr(skrnn, name).__name__ == name
    with pytest.raises(AttributeError, match="module 'skrnn' has no attribute 'RNNClassifer'"):
        _ = skrnn.RNNClassifer
