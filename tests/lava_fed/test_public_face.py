from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lava_fed

ROOT = Path(lava_fed.__file__).resolve().parents[1]


@pytest.mark.parametrize("name", lava_fed.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(lava_fed, name).__name__ == name
    assert name in dir(lava_fed)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Pogram'"):
        _ = lava_fed.Pogram


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # A real user's shadow comes from the working directory or PYTHONPATH.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=folder, check=False
    )


def test_importing_is_light(tmp_path: Path) -> None:
    code = (
        "import sys, lava_fed; "
        "print([m for m in ('numpy', 'numba', 'torch', 'lava', 'h5py', 'sklearn') if m in sys.modules])"
    )
    done = python(code, tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("name", ["hardware", "compile", "cli"])
def test_a_package_that_hides_one_of_ours_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("")
    done = python("import lava_fed", tmp_path)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        f"ImportError: lava-fed needs its own package {name!r}, but {tmp_path / name}.py comes first"
    )
    (tmp_path / f"{name}.py").unlink()
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    assert f"needs its own package {name!r}" in python("import lava_fed", tmp_path).stderr
    (tmp_path / name / "__init__.py").unlink()  # a plain folder of that name hides nothing
    assert python("import lava_fed", tmp_path).returncode == 0
