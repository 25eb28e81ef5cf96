"""``lava-fed backends``."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import hardware.registry


def test_every_backend_is_listed_with_the_reason(lava_fed):
    said = lava_fed("backends", "--json")
    assert said.code == 0
    assert set(said.document) == {"emulator", "lava", "loihi2"}
    assert said.document["emulator"]["ok"] is True
    assert said.document["loihi2"]["ok"] is False
    assert "Loihi" in said.document["loihi2"]["title"]
    assert said.document["loihi2"]["reason"]
    assert said.document["loihi2"]["remedy"]


def test_the_table_says_the_same(lava_fed):
    said = lava_fed("backends")
    rows = {line.split()[0]: line for line in said.out.splitlines() if line.startswith("  ") and line.split()}
    assert " yes " in rows["emulator"]
    assert " no " in rows["loihi2"]
    assert said.err == ""


def test_a_plugin_that_does_not_load_is_listed_not_raised(lava_fed, monkeypatch):
    broken = EntryPoint("broken", "no.such.module:Thing", "lava_fed.backends")
    ours = hardware.registry.entry_points
    monkeypatch.setattr(
        hardware.registry,
        "entry_points",
        lambda group: [*ours(group=group), *([broken] if group == broken.group else [])],
    )
    said = lava_fed("backends", "--json")
    assert said.code == 0
    assert said.document["broken"]["ok"] is False
    assert "no.such.module" in said.document["broken"]["reason"]
    assert said.document["emulator"]["ok"] is True
