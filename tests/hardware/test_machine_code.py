"""Machine code on disk is never older than the sources it was made from."""

import ast
from pathlib import Path

import pytest

import hardware.emulator
from hardware.emulator.machine_code import ARITHMETIC

FOLDER = Path(hardware.emulator.__file__).parent
KERNELS = sorted(FOLDER.glob("kernels*.py")) + [
    FOLDER / name for name in ("arrays.py", "blocks.py", "simulate.py")
]


def imported(source: Path) -> set[str]:
    """Return the modules of ours that a source imports."""
    nodes = ast.walk(ast.parse(source.read_text()))
    names = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name for name in names if name.startswith("hardware")}


@pytest.mark.parametrize("source", KERNELS, ids=lambda path: path.name)
def test_kernels_use_nothing_from_outside_that_the_digest_does_not_cover(source: Path) -> None:
    covered = {"hardware." + name.removesuffix(".py").replace("/", ".") for name in ARITHMETIC}
    outside = {name for name in imported(source) if not name.startswith("hardware.emulator.")}
    assert outside <= covered


@pytest.mark.parametrize("name", ARITHMETIC)
def test_what_kernels_use_from_outside_uses_nothing_further(name: str) -> None:
    covered = {"hardware." + name.removesuffix(".py").replace("/", ".") for name in ARITHMETIC}
    assert imported(FOLDER.parent / name) <= covered
