"""``lava-fed doctor``."""

from __future__ import annotations

import os
import sys
from importlib import metadata

import pytest

from cli import doctor
from hardware.emulator.machine_code import EMULATOR
from hardware.lava import warden

imports = doctor.imports


@pytest.fixture(autouse=True)
def no_slow_imports(monkeypatch):
    """Importing torch takes seconds; the tests of ``imports`` below do it with quick modules."""
    monkeypatch.setattr(doctor, "imports", lambda what, *_: doctor.Finding(what, "ok", "imports"))


def test_a_sound_machine_passes(lava_fed):
    said = lava_fed("doctor", "--json")
    assert said.code == 0
    assert said.document["ok"] is True
    found = {finding["what"]: finding for finding in said.document["findings"]}
    assert found["Python"]["found"].startswith(".".join(map(str, sys.version_info[:3])))
    assert found["Python"]["state"] == ("ok" if sys.version_info[:2] == (3, 10) else "note")
    assert found["numpy"]["found"] == metadata.version("numpy")
    assert int(found["processors"]["found"]) >= 1


def test_a_wrong_version_is_named_with_its_remedy_and_exits_1(lava_fed, monkeypatch):
    true = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1.20" if name == "numpy" else true(name))
    said = lava_fed("doctor", "--json")
    assert said.code == 1
    assert said.document["ok"] is False
    (wrong,) = [finding for finding in said.document["findings"] if finding["state"] == "wrong"]
    assert wrong["what"] == "numpy"
    assert wrong["found"].startswith("1.20, expected numpy ")
    assert wrong["remedy"].startswith("pip install 'numpy")
    assert lava_fed("doctor").out.endswith("Wrong: numpy.\n")


def test_a_missing_package_is_wrong_but_a_missing_extra_is_not(lava_fed, monkeypatch):
    true = metadata.version

    def version(name):
        if name in ("h5py", "lava-nc"):
            raise metadata.PackageNotFoundError(name)
        return true(name)

    monkeypatch.setattr(metadata, "version", version)
    found = {finding["what"]: finding for finding in lava_fed("doctor", "--json").document["findings"]}
    assert (found["h5py"]["state"], found["h5py"]["found"]) == ("wrong", "not installed")
    if sys.version_info < (3, 11):  # later ones have no such extra
        assert found["lava-nc"]["state"] == "note"
        assert "make setup" in found["lava-nc"]["remedy"]


def test_full_shared_memory_is_wrong(lava_fed, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: doctor.shutil._ntuple_diskusage(100, 100, 0))
    said = lava_fed("doctor", "--json")
    assert said.code == 1
    (wrong,) = [finding for finding in said.document["findings"] if finding["state"] == "wrong"]
    assert wrong["what"] == "shared memory"
    assert "--shm-size" in wrong["remedy"]


def test_leftovers_are_those_of_ours_whose_owner_is_dead(tmp_path):
    mine = warden.owner(os.getpid())
    namespace, pid, start = mine.split("-")
    dead = [f"lava-fed-{namespace}-{pid}-{int(start) + 1}-abc", f"sem.lava-fed-{namespace}-{2**22 + 1}-5-x"]
    for name in [*dead, f"lava-fed-{mine}-abc", f"lava-fed-0-{pid}-1-abc", "psm_12345", "lava-fed-notes"]:
        (tmp_path / name).touch()
    assert [path.name for path in doctor.leftovers(tmp_path)] == dead


class TestImports:
    """In a process of its own, because an import may hang or crash."""

    def test_works(self):
        assert imports("pip", "pip", "import json").state == "ok"

    def test_fails(self):
        finding = imports("pip", "pip", "import nonsense_of_ours")
        assert finding.state == "wrong"
        assert finding.found.endswith("No module named 'nonsense_of_ours'")

    def test_crashes(self):
        finding = imports("pip", "pip", "import os; os.abort()")
        assert (finding.state, finding.found.split(": ")[-1]) == ("wrong", "exit code -6")

    def test_hangs(self, monkeypatch):
        monkeypatch.setattr(doctor, "IMPORT_SECONDS", 0.2)
        finding = imports("pip", "pip", "import time; time.sleep(60)")
        assert (finding.state, "longer than 0.2 s" in finding.found) == ("wrong", True)

    def test_not_installed(self):
        assert imports("x", "no-such-package-of-ours", "import x").state == "note"


def test_machine_code_that_cannot_be_kept_is_a_note_with_a_remedy(monkeypatch):
    monkeypatch.setitem(vars(EMULATOR), "folder", None)
    finding = doctor.machine_code()
    assert finding.state == "note"
    assert "XDG_CACHE_HOME" in finding.remedy
