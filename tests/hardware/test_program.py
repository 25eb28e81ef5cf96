"""Programs: digest, file, weights."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from hardware import container
from hardware.chip.board import Board
from hardware.chip.known import LOIHI1, LOIHI2
from hardware.errors import ChipError, ContainerError, LavaFedError
from hardware.learning import Teacher
from hardware.network import Network
from hardware.program import Placement, Program, Use
from tests.any_network import cases_of_every_kind
from tests.every_kind import EVERY_KIND
from tests.programs import INFERENCE, LEARNING, Case, cases, learner


def assert_same(a: Program, b: Program) -> None:
    assert a.digest == b.digest
    assert (a.placement, a.utilization, a.provenance, a.chip) == (b.placement, b.utilization, b.provenance, b.chip)
    assert [c.rule for c in a.network.connections] == [c.rule for c in b.network.connections]
    assert [layer.teacher for layer in a.network.layers] == [layer.teacher for layer in b.network.layers]
    for left, right in zip(a.network.connections, b.network.connections, strict=True):
        assert type(left.synapse) is type(right.synapse)
        np.testing.assert_array_equal(left.synapse.weights, right.synapse.weights)
    for one, other in zip(a.network.layers, b.network.layers, strict=True):
        assert type(one.neuron) is type(other.neuron)


@pytest.mark.parametrize("case", INFERENCE + EVERY_KIND + LEARNING, ids=lambda case: case.name)
def test_file_and_back(case: Case, tmp_path: Path) -> None:
    program = dataclasses.replace(
        case.program,
        placement=(Placement("a", 0, 0, 2),),
        utilization=(Use("neurons", "chip", 3, 1000),),
        provenance={"source": "tests"},
    )
    path = tmp_path / "p.h5"
    program.save(path)
    assert_same(Program.load(path), program)
    first = path.read_bytes()
    Program.load(path).save(path)
    assert path.read_bytes() == first
    Program.load(str(path)).save(str(path))
    assert path.read_bytes() == first


@settings(max_examples=50, deadline=None)
@given(cases() | cases_of_every_kind())
def test_any_program_comes_back(case: Case) -> None:
    header, arrays = container.decode(container.encode("program", *_parts(case.program)), "program", "FILE")
    assert container.digest(header, arrays) == container.digest(*_parts(case.program))


def _parts(program: Program):
    from hardware.program import _encode

    return _encode(program)


def test_the_digest_sees_every_part_that_matters() -> None:
    base = learner()
    weights = base.weights()["hidden->readout"].copy()
    weights[0, 0] = 1
    layers = base.network.layers
    taught = dataclasses.replace(layers[1], teacher=Teacher(margin=301, shift=2))
    connections = base.network.connections
    other_rule = dataclasses.replace(connections[1], rule=dataclasses.replace(connections[1].rule, epoch=8))
    changed = [
        base.with_weights({"hidden->readout": weights}),
        dataclasses.replace(base, chip=LOIHI1),
        dataclasses.replace(base, placement=(Placement("hidden", 0, 0, 8),)),
        dataclasses.replace(base, network=Network(6, (layers[0], taught), connections)),
        dataclasses.replace(base, network=Network(6, layers, (connections[0], other_rule))),
    ]
    assert len({program.digest for program in [base, *changed]}) == 6
    assert dataclasses.replace(base, provenance={"a": "b"}).digest == base.digest
    assert learner().digest == base.digest


def test_a_chip_and_a_board_of_the_users_own_lie_in_the_file(tmp_path: Path) -> None:
    mine = dataclasses.replace(LOIHI1, name="mine", neurons_per_core=9)
    programs = [
        learner(),
        dataclasses.replace(learner(), chip=mine),
        dataclasses.replace(learner(), chip=dataclasses.replace(mine, title="Mine")),
        dataclasses.replace(learner(), chip=mine, board=Board.grid(mine, 2, 1)),
        dataclasses.replace(learner(), board=Board.grid(LOIHI2, 2, 1)),
        dataclasses.replace(learner(), board=LOIHI2.board("hala-point")),
    ]
    assert len({program.digest for program in programs}) == len(programs)
    for program in programs:
        program.save(tmp_path / "p.h5")
        loaded = Program.load(tmp_path / "p.h5")
        assert loaded.digest == program.digest
        assert loaded.chip.figures == program.chip.figures
        assert (loaded.chip.name, loaded.board) == (program.chip.name, program.board)


def test_a_chip_of_ours_is_named_and_a_single_chip_has_no_board() -> None:
    with pytest.raises(ChipError, match="board 'kapoho-bay' carries loihi1, and the Program is for loihi2"):
        dataclasses.replace(learner(), board=LOIHI1.board("kapoho-bay"))
    header, _ = _parts(learner())
    assert header["chip"] == "loihi2"
    assert "board" not in header


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, a: h.pop("chip"), "KeyError: 'chip'"),
        (lambda h, a: h.update(chip={"name": "mine"}), "its chip: figures is missing"),
        (lambda h, a: h.update(chip=7), "its chip:  must be a table"),
        (lambda h, a: h.update(board={"columns": 1, "rows": 1}), "KeyError: 'name'"),
        (lambda h, a: h.update(board={"name": "b", "columns": 0, "rows": 1}), "boards.b.columns is 0"),
        (lambda h, a: h.update(board=[]), "KeyError: 'name'"),
        (lambda h, a: h.update(chip="loihi9"), "unknown chip 'loihi9'"),
        (lambda h, a: h.update(inputs="6"), "must be of type int, found '6'"),
        (lambda h, a: h.update(inputs=True), "must be of type int, found True"),
        (
            lambda h, a: h["layers"][0].update(name="a/b"),
            "missing 1 required positional argument: 'bias_mantissa'",
        ),
        (lambda h, a: h["layers"][0]["neuron"].update(type="izhikevich"), "type 'izhikevich' is not supported"),
        (lambda h, a: h["layers"][0]["neuron"].update(threshold=1 << 17), "threshold mantissa 131072"),
        (lambda h, a: h["layers"][0]["neuron"].update(surprise=1), "surprise"),
        (
            lambda h, a: h["placement"].append({"layer": 7, "core": 0, "first": 0, "last": 1}),
            "layer must be a text",
        ),
        (
            lambda h, a: h["placement"].append({"layer": "a", "core": "0", "first": 0, "last": 1}),
            "core must be of type int",
        ),
        (lambda h, a: h["utilization"].append({"what": "w", "where": "c", "used": None, "limit": 1}), "used must"),
        (
            lambda h, a: h["utilization"].append({"what": [], "where": "c", "used": 1, "limit": 1}),
            "what must be a",
        ),
        (
            lambda h, a: h["connections"][0]["synapse"]["grid"].update(sign="both"),
            "'both' is not a valid SignMode",
        ),
        (lambda h, a: h["connections"][1]["rule"].update(dw="import os"), "learning rule"),
        (lambda h, a: h["connections"][1]["rule"].update(epoch=0), "epoch 0"),
        (
            lambda h, a: h["connections"].append(h["connections"][0]),
            "missing 1 required positional argument: 'weights'",
        ),
        (lambda h, a: h.update(layers=None), "TypeError"),
        (lambda h, a: a.update(extra=np.zeros(1, np.int8)), "array 'extra' belongs to no layer"),
        (lambda h, a: a.pop("hidden/bias_mantissa"), "missing 1 required positional argument: 'bias_mantissa'"),
        (
            lambda h, a: a.update({"input->hidden/weights": np.zeros((8, 7), np.int16)}),
            "has 6 units, the weights 7",
        ),
        (lambda h, a: a.update({"input->hidden/weights": np.ones((8, 6), np.int16)}), "in steps of 2"),
        (lambda h, a: a.update({"input->hidden/weights": np.zeros((8, 6))}), "integer matrix"),
    ],
)
def test_containers_that_hold_no_valid_program(change, message: str, tmp_path: Path) -> None:
    header, arrays = _parts(learner())
    change(header, arrays)
    path = tmp_path / "p.h5"
    container.write(path, "program", header, arrays)
    with pytest.raises(ContainerError, match="is not a valid Program") as caught:
        Program.load(path)
    assert message in str(caught.value)


def test_weights_can_be_replaced_only_by_weights_that_fit() -> None:
    base = learner()
    changed = base.with_weights({"hidden->readout": np.full((3, 8), -256)})
    assert changed.weights()["hidden->readout"].min() == -256
    assert not base.weights()["hidden->readout"].any()
    with pytest.raises(LavaFedError, match="in steps of 2"):
        base.with_weights({"input->hidden": np.ones((8, 6), np.int16)})


def test_a_refusal_stays_short_however_long_the_text_that_is_refused(tmp_path: Path) -> None:
    header, arrays = _parts(learner())
    for change in (
        lambda h: h["layers"][0]["neuron"].update(threshold="9" * 5000),
        lambda h: h["layers"][0].update(name="9" * 5000),
    ):
        longer = copy.deepcopy(header)
        change(longer)
        container.write(tmp_path / "p.h5", "program", longer, arrays)
        with pytest.raises(ContainerError, match="is not a valid Program") as caught:
            Program.load(tmp_path / "p.h5")
        assert len(str(caught.value)) < 600 + len(str(tmp_path))
