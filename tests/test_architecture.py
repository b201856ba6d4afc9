"""The house: a folder imports only itself and the folders above it; importing skrnn is quick."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skrnn

ROOT = Path(skrnn.__file__).parent
# From top to bottom: data flows downwards.
FOLDERS = [
    "datasets",
    "sequences",
    "preprocessing",
    "cells",
    "layers",
    "networks",
    "training",
    "estimators",
    "metrics",
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


def test_importing_skrnn_is_quick_and_quiet():
    code = """
import sys, time
start = time.perf_counter()
import skrnn
seconds = time.perf_counter() - start
assert not {"tensorflow", "keras", "sklearn", "numpy"} & set(sys.modules), "heavy imports"
from skrnn.sequences import Sequences
from skrnn.preprocessing import PerStep
assert not {"tensorflow", "keras"} & set(sys.modules), "Sequences and PerStep need no Keras"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names():
    assert set(skrnn.__all__) <= set(dir(skrnn))
    for name in skrnn.__all__:
        assert getattr(skrnn, name).__name__ == name
    with pytest.raises(AttributeError, match="module 'skrnn' has no attribute 'RNNClassifer'"):
        _ = skrnn.RNNClassifer
