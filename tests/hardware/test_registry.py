"""Plugins are found by name, ours like a stranger's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hardware import registry
from hardware.errors import LavaFedError


def test_ours_are_registered() -> None:
    assert registry.names("backend") == ["emulator", "lava", "loihi2"]
    assert "slayer" in registry.names("frontend")
    assert "fedavg" in registry.names("aggregator")
    assert "supervised" in registry.names("learning rule")
    for kind in registry.GROUPS:
        for name in registry.names(kind):
            assert registry.find(kind, name) is not None


def test_an_unknown_name() -> None:
    with pytest.raises(LavaFedError, match="no backend is called 'gpu'; known: emulator, lava, loihi2"):
        registry.find("backend", "gpu")


def test_a_strangers_backend(tmp_path: Path) -> None:
    """A package on the path that is not ours registers a backend and a broken one."""
    info = tmp_path / "stranger-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[lava_fed.backends]\nodd = stranger:Odd\nbroken = nowhere:Odd\nlava = stranger:Odd\n"
    )
    (tmp_path / "stranger.py").write_text("class Odd:\n    name = 'odd'\n")
    script = (
        "from hardware import registry\n"
        "print(registry.find('backend', 'odd').name)\n"
        "for name in ('broken', 'lava'):\n"
        "    try:\n        registry.find('backend', name)\n"
        "    except registry.LavaFedError as error:\n        print(error)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines() == [
        "odd",
        "backend 'broken' (nowhere:Odd) does not load: No module named 'nowhere'",
        "backend 'lava' is registered by hardware.lava.cpu:LavaBackend, stranger:Odd; uninstall one of them",
    ]
