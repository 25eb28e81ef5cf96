"""``lava-fed export``."""

from __future__ import annotations

from compile.frontends.frontend import find_frontend
from compile.text import show
from compile.transforms.name_layers import NameLayers


def test_an_exported_model_is_read_as_the_same_graph(lava_fed, model, tmp_path):
    said = lava_fed("export", "model.net")
    assert said.code == 0
    assert said.out.startswith("Wrote model.nir: 2 layers (")
    before, after = (
        NameLayers()(find_frontend(tmp_path / name).read(tmp_path / name)) for name in ("model.net", "model.nir")
    )
    assert show(after) == show(before)


def test_a_nir_file_compiles_and_says_how_its_time_was_read(lava_fed, model):
    lava_fed("export", "model.net", "--dt", "0.001")
    said = lava_fed("compile", "model.nir", "-o", "p.h5", "--json")
    assert said.code == 0
    assert said.document["provenance"]["nir_dt"] == "0.001"
    assert said.document["provenance"]["nir_reset"] == "zero"


def test_json_names_file_step_and_layers(lava_fed, model):
    said = lava_fed("export", "model.net", "-o", "other.nir", "--json")
    assert said.code == 0
    assert said.document["nir"] == "other.nir"
    assert said.document["dt"] == 1e-4
    assert len(said.document["layers"]) == 2


def test_a_wrong_option_or_step_is_one_sentence(lava_fed, model):
    for words in (
        ("--dt", "0"),
        ("--dt", "nan"),
        ("--option", "reset=zero"),
        ("-o", "nowhere/m.nir"),
        ("-o", "model.net"),
    ):
        said = lava_fed("export", "model.net", *words)
        assert said.code == 2
        assert said.err.startswith("Error: ")
