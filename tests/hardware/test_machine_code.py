"""Machine code on disk is never older than the sources it was made from."""

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hardware.emulator.machine_code import EMULATOR
from hardware.machine_code import HARDWARE, MachineCode
from lava_fed.codec.machine_code import CODEC
from lava_fed.local.slayer.machine_code import SLAYER

ROOT = HARDWARE.parent
KERNELS = [
    *((EMULATOR, source) for source in sorted(EMULATOR.home.glob("kernels*.py"))),
    *((EMULATOR, EMULATOR.home / name) for name in ("arrays.py", "blocks.py", "simulate.py")),
    (SLAYER, SLAYER.home / "kernels.py"),
    (CODEC, CODEC.home / "coder.py"),
    (CODEC, CODEC.home / "model.py"),
    (CODEC, CODEC.home.parent / "spike_codec" / "entropy.py"),
]
"""Sources whose functions are compiled, each with the digest that must cover all that they use."""
NO_ARITHMETIC = ("hardware.machine_code", "lava_fed.errors")
"""Imported beside kernels, and never called from one."""


def imported(source: Path) -> set[str]:
    """Return the modules of ours that a source imports."""
    nodes = ast.walk(ast.parse(source.read_text()))
    names = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name for name in names if name.startswith(("hardware", "lava_fed"))} - set(NO_ARITHMETIC)


def covered(code: MachineCode) -> set[str]:
    """Return the modules whose bytes are part of a digest."""
    sources = [*code.home.glob("*.py"), *code.others]
    return {".".join(source.relative_to(ROOT).with_suffix("").parts) for source in sources}


@pytest.mark.parametrize(("code", "source"), KERNELS, ids=lambda each: getattr(each, "name", ""))
def test_kernels_use_nothing_that_the_digest_does_not_cover(code: MachineCode, source: Path) -> None:
    assert imported(source) <= covered(code)


@pytest.mark.parametrize("code", [EMULATOR, SLAYER], ids=["emulator", "slayer"])
def test_what_kernels_use_from_outside_uses_nothing_further(code: MachineCode) -> None:
    for source in code.others:
        assert imported(source) <= covered(code)


def test_another_source_is_another_folder(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other.py"
    home.mkdir()
    (home / "kernel.py").write_text("a = 1")
    other.write_text("b = 1")
    first = MachineCode(home, (other,)).folder
    assert first is not None and first == MachineCode(home, (other,)).folder
    other.write_text("b = 2")
    second = MachineCode(home, (other,)).folder
    (home / "kernel.py").write_text("a = 2")
    assert len({first, second, MachineCode(home, (other,)).folder}) == 3


def test_compiled_functions_compute_and_are_kept(tmp_path: Path) -> None:
    code = MachineCode(tmp_path)
    assert not code.is_warm()
    twice = code.compiled(_twice)
    assert not code.is_loaded(twice)
    assert twice(21) == 42
    assert code.is_warm() and code.is_loaded(twice)


def _twice(value: int) -> int:
    return 2 * value


def test_of_processes_that_begin_at_once_one_compiles(tmp_path: Path) -> None:
    code, order, inside = MachineCode(tmp_path), [], threading.Event()

    def second() -> None:
        inside.wait()
        order.append("second begins")
        with MachineCode(tmp_path).alone():
            order.append("second is alone")

    with ThreadPoolExecutor(1) as pool:
        with code.alone():
            waiting = pool.submit(second)
            inside.set()
            time.sleep(0.3)
            order.append("first ends")
        waiting.result(timeout=60)
    assert order == ["second begins", "first ends", "second is alone"]


def test_nobody_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.machine_code.PATIENCE", 0.2)
    began = time.monotonic()
    with MachineCode(tmp_path).alone(), MachineCode(tmp_path).alone():
        assert time.monotonic() - began >= 0.2


def test_nobody_waits_where_nothing_can_be_kept_or_all_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = MachineCode(tmp_path)
    code.compiled(_twice)(1)
    with code.alone(), code.alone():
        pass
    monkeypatch.setattr("hardware.machine_code.ROOM", 1 << 80)
    with MachineCode(tmp_path).alone(), MachineCode(tmp_path).alone():
        pass
