from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compile.blank import Blank, blank_network, blank_sizes
from compile.pipeline import compile_model
from compile.transforms.remove_dead import RemoveDead
from hardware.errors import LavaFedError
from hardware.learning import supervised
from hardware.learning.methods.direct_feedback import direct_feedback
from hardware.program import Program


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("784-512-10", (784, 512, 10)),
        ("64-32-16-10", (64, 32, 16, 10)),
        ("784-10", None),
        ("784-0-10", None),
        ("784-512-10.net", None),
        ("folder/784-512-10", None),
        ("-784-512-10", None),
    ],
)
def test_sizes_joined_by_dashes_are_the_name_of_a_blank_network(name: str, sizes: tuple[int, ...] | None) -> None:
    assert blank_sizes(Path(name)) == sizes


def test_a_file_of_such_a_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("8-4-2").write_text("")
    assert blank_sizes(Path("8-4-2")) is None


def test_a_blank_network_compiles_to_a_program_that_can_be_saved(tmp_path: Path) -> None:
    stages: list[str] = []
    program = compile_model(Path("8-6-3"), learn="direct_feedback", on_stage=stages.append)
    program.save(tmp_path / "blank.h5")
    assert Program.load(tmp_path / "blank.h5").digest == program.digest
    assert stages == ["read", "check", "place"]
    assert program.network.inputs == 9
    assert program.provenance == {"model": "8-6-3", "frontend": "blank", "learning_rule": "direct_feedback"}
    assert set(program.weights()) == {"input->hidden", "hidden->readout", "readout->hidden:error"}


def test_options_say_how_it_begins() -> None:
    def made(**options: str) -> Program:
        return compile_model(Path("40-30-3"), learn="direct_feedback", options=options)

    weights = {name: made(spread="20").weights()[name].std() for name in ("input->hidden", "hidden->readout")}
    assert 18 < weights["input->hidden"] < 22 and 10 < weights["hidden->readout"] < 14
    assert made(seed="1").digest == made(seed="1").digest != made(seed="2").digest
    assert made(seed="1").provenance["seed"] == "1"
    assert made(threshold="77").network.layer("hidden").neuron.threshold == 77  # type: ignore[attr-defined]


def test_feedback_that_learns_begins_as_the_readout_turned_round_and_fixed_feedback_on_the_grid() -> None:
    learned = blank_network((8, 6, 3), direct_feedback(), Blank())
    out, back = (learned.connection(name).synapse.weights for name in ("hidden->readout", "readout->hidden:error"))
    np.testing.assert_array_equal(out.T, back)
    fixed = blank_network((8, 200, 3), direct_feedback(fixed=1), Blank()).connection("readout->hidden:error")
    assert fixed.rule is None and 28 < fixed.synapse.weights.std() < 36
    assert not np.any(fixed.synapse.weights % 2)


def test_layers_behind_the_first_have_a_threshold_of_their_own_where_one_is_given() -> None:
    def thresholds(blank: Blank) -> list[int]:
        network = blank_network((8, 6, 5, 4, 3), direct_feedback(), blank)
        return [layer.neuron.threshold for layer in network.layers[:-1]]  # type: ignore[attr-defined]

    assert thresholds(Blank()) == [1408, 1408, 1408]
    assert thresholds(Blank(threshold=900)) == [900, 900, 900]
    assert thresholds(Blank(threshold_deep=352)) == [1408, 352, 352]


def test_what_cannot_begin_blank_is_refused() -> None:
    path = Path("8-6-3")
    with pytest.raises(LavaFedError, match="8-6-3: a network that knows nothing takes none of --fresh"):
        compile_model(path, also=[RemoveDead()])
    with pytest.raises(LavaFedError, match="takes none of --fresh"):
        compile_model(path, learn="direct_feedback", fresh=True)
    with pytest.raises(LavaFedError, match="takes none of"):
        compile_model(path, learn="direct_feedback", also=[RemoveDead()])
    with pytest.raises(LavaFedError, match="'supervised' does not teach hidden layers"):
        blank_network((8, 6, 3), supervised(), Blank())
    with pytest.raises(LavaFedError, match="over the limit of 1,048,576"):
        blank_network((8, 1 << 20, 3), direct_feedback(), Blank())
    for options, problem in [
        (
            {"speed": "1"},
            "no option 'speed'; it has threshold, threshold_deep, spread, spread_out, spread_back, seed",
        ),
        ({"seed": "one"}, "seed 'one' is not an integer"),
        ({"spread": "-1"}, "spread -1 must not be negative"),
        ({"threshold": "131072"}, "threshold mantissa 131072 must lie in"),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            compile_model(path, learn="direct_feedback", options=options)


def test_without_a_rule_it_is_a_chain_of_spiking_layers_that_is_trained_off_the_chip() -> None:
    program = compile_model(Path("8-6-5-3"), options={"seed": "4", "threshold": "300", "threshold_deep": "90"})
    network = program.network
    assert network.inputs == 9 and network.graded_input and network.encoder is not None
    assert [layer.name for layer in network.layers] == ["hidden1", "hidden2", "readout"]
    assert [layer.neuron.threshold for layer in network.layers] == [300, 90, 90]  # type: ignore[attr-defined]
    assert not network.plastic
    assert [c.name for c in network.connections] == ["input->hidden1:fine", "hidden1->hidden2", "hidden2->readout"]
    assert program.digest != compile_model(Path("8-6-5-3"), options={"seed": "5"}).digest
    with pytest.raises(LavaFedError, match="no option 'spread'; it has threshold, threshold_deep, subtract, seed"):
        compile_model(Path("8-6-3"), options={"spread": "1"})
