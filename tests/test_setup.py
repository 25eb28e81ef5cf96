"""``scripts/setup`` finds Python 3.10 or says what to install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ["bash", "cat", "cut", "dirname", "env", "grep", "rm", "sha256sum", "sh"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that setup reads, and a PATH with no Python on it."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "requirements").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", tmp_path / "scripts" / "setup")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "requirements" / "py310.txt").write_text("")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def run_setup(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "scripts" / "setup"],
        env={"PATH": str(clone / "bin"), "HOME": str(clone), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_without_python_310_it_says_what_to_install(clone: Path) -> None:
    result = run_setup(clone)
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("lava-fed needs Python 3.10")
    assert "uv python install 3.10" in line
    assert "pyenv install 3.10" in line


def test_another_python_or_a_broken_shim_does_not_count(clone: Path) -> None:
    script(clone / "bin" / "python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
    script(clone / "bin" / "python3", "exit 1")
    assert run_setup(clone).stderr.startswith("lava-fed needs Python 3.10")


@pytest.mark.parametrize("where", ["python3.10", ".pyenv/versions/3.10.99/bin/python", "PYTHON", "uv"])
def test_it_finds_python_310(clone: Path, where: str) -> None:
    log = clone / "log"
    fake = clone / "bin" / "python3.10"
    if where.startswith(".pyenv"):
        fake = clone / where
        fake.parent.mkdir(parents=True)
    elif where in ("PYTHON", "uv"):
        fake = clone / "elsewhere"
        if where == "uv":
            script(clone / "bin" / "uv", f"echo {fake}")
    script(fake, f'echo "$@" >> {log}; case "$1" in -m) exit 3;; --version) echo Python 3.10.99;; esac')
    result = run_setup(clone, **({"PYTHON": str(fake)} if where == "PYTHON" else {}))
    assert result.returncode == 3  # our pretender makes no environment
    assert "Setting up .venv with Python 3.10.99" in result.stdout
    assert "about 3 GB" in result.stdout
    assert log.read_text().splitlines()[-1] == "-m venv .venv"


def test_a_finished_setup_does_nothing(clone: Path) -> None:
    script(clone / "bin" / "python3.10", 'case "$1" in -m) mkdir -p .venv/bin; cp fake .venv/bin/python;; esac')
    (clone / "bin" / "mkdir").symlink_to(shutil.which("mkdir") or "")
    (clone / "bin" / "cp").symlink_to(shutil.which("cp") or "")
    script(
        clone / "fake",
        'echo pip ran; case "$2" in pip) echo > .venv/bin/lava-fed; chmod +x .venv/bin/lava-fed;; esac',
    )
    (clone / "bin" / "chmod").symlink_to(shutil.which("chmod") or "")
    first = run_setup(clone)
    assert first.returncode == 0, first.stderr
    assert first.stdout.endswith("Ready: .venv/bin/lava-fed\n")
    again = run_setup(clone)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    (clone / "requirements" / "py310.txt").write_text("numpy==1.26.4\n")
    assert "pip ran" in run_setup(clone).stdout


def test_a_failed_download_says_so(clone: Path) -> None:
    script(clone / "bin" / "python3.10", 'case "$1" in -m) mkdir -p .venv/bin; cp fake .venv/bin/python;; esac')
    for tool in ("mkdir", "cp"):
        (clone / "bin" / tool).symlink_to(shutil.which(tool) or "")
    script(clone / "fake", 'case "$2" in pip) echo "ERROR: No space left on device"; exit 1;; esac')
    result = run_setup(clone)
    assert result.returncode == 1
    assert "No space left on device" in result.stdout
    assert result.stderr.startswith("Setting up failed: pip could not install the pinned packages")


def test_these_tests_use_the_pinned_python() -> None:
    pinned = (ROOT / ".python-version").read_text().strip()
    assert pinned == "3.10"
    if sys.version_info[:2] == (3, 10):
        assert (ROOT / "requirements" / "py310.txt").read_text().count("==") > 50
