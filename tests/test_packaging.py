"""What a wheel of lava-fed holds, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "lava", "numpy", "numba", "h5py", "matplotlib", "sklearn", "scipy")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_installs_our_four_rooms_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cli", "compile", "hardware", "lava_fed"}


def test_the_wheel_carries_the_demo_the_chips_the_page_and_the_licence(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "cli/demo/digits.toml" in names
    assert "cli/demo/federation.toml" in names
    assert "lava_fed/presets/digits.toml" in names
    assert {"hardware/chip/loihi1.toml", "hardware/chip/loihi2.toml"} <= set(names)
    assert {"cli/chip_page/page.css", "cli/chip_page/page.js"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.parametrize("words", [["--help"], ["federate", "--help"], ["--version"]])
def test_asking_for_help_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys\nfrom cli.main import main\n"
        f"code = main({words!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], code, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stderr.splitlines()[-1] == "[] 0"


@pytest.mark.parametrize("heavy", ["torch", "lava", "matplotlib", "sklearn"])
def test_the_emulator_needs_no(heavy: str) -> None:
    script = (
        f"import sys\nsys.modules[{heavy!r}] = None\n"
        "import hardware.emulator.engine, hardware.program, compile.pipeline\n"
        "import lava_fed, lava_fed.coordinator.rounds\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
