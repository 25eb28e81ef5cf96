"""What cores hold, hear and send, by hand and against full matrices."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.activity import Activity, assumed
from hardware.chip.board import Board
from hardware.chip.known import LOIHI1, LOIHI2
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.neurons.resonator import Resonator
from hardware.placement.encoding import Encoded, Encoding, cheapest
from hardware.placement.incoming import Incoming
from hardware.placement.mesh import Mesh
from hardware.placement.needs import LayerNeeds, memory_bytes
from hardware.placement.part import Part, parts_of
from hardware.placement.traffic import links
from hardware.placement.usage import core_uses
from hardware.program import Placement
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import WeightGrid
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse
from tests.any_network import synapses_of_any_kind
from tests.programs import learner

SHAPES = st.tuples(st.integers(1, 2), st.integers(1, 4), st.integers(1, 4))


def cuba(units: int) -> Cuba:
    return Cuba(4096, 128, 64, np.zeros(units, np.int16))


def into_a(synapse: Synapse) -> Network:
    return Network(synapse.sources, (Layer("a", cuba(synapse.targets)),), (Connection("input", "a", synapse),))


@given(units=st.sets(st.integers(0, 40), min_size=1), core=st.integers(0, 300))
def test_a_part_is_written_as_runs_and_read_again(units: set[int], core: int) -> None:
    part = Part(core, "a", np.array(sorted(units)))
    runs = part.placements()
    assert all(run.first < run.last for run in runs)
    assert all(one.last < two.first for one, two in itertools.pairwise(runs)), "no two runs touch"
    (again,) = parts_of(reversed(runs))
    assert (again.core, again.layer, again.units.tolist()) == (core, "a", sorted(units))


def test_parts_are_sorted_by_core() -> None:
    runs = [Placement("b", 3, 0, 2), Placement("a", 1, 4, 6), Placement("a", 3, 0, 1), Placement("a", 1, 0, 2)]
    assert [(part.core, part.layer, part.units.tolist()) for part in parts_of(runs)] == [
        (1, "a", [0, 1, 4, 5]),
        (3, "b", [0, 1]),
        (3, "a", [0]),
    ]


def test_hops_are_counted_between_tiles_and_from_chip_to_chip() -> None:
    """8 x 4 tiles of 4 cores; two chips to a row."""
    mesh = Mesh(LOIHI1, Board.grid(LOIHI1, 2, 2))
    cores = np.array([0, 3, 4, 31, 32, 127, 128, 256, 384])
    assert mesh.places(cores).tolist() == [
        [0, 0], [0, 0], [1, 0], [7, 0], [0, 1], [7, 3], [8, 0], [0, 4], [8, 4],
    ]  # fmt: skip
    assert mesh.hops(cores[:1], cores).tolist() == [[0, 0, 1, 7, 1, 10, 8, 4, 12]]
    assert mesh.crossings(cores[:1], cores).tolist() == [[0, 0, 0, 0, 0, 0, 1, 1, 2]]
    assert mesh.steps(cores[3:4], cores[5:7]).tolist() == [[[0, 3], [1, 0]]]
    assert np.array_equal(mesh.hops(cores, cores), mesh.hops(cores, cores).T)


def test_cores_that_cannot_be_used_have_no_number() -> None:
    mesh = Mesh.of(LOIHI2, Board("some", "Some", "loihi2", 2, 1, usable_cores=100))
    assert mesh.cores == 200
    assert [mesh.core(index) for index in (0, 99, 100, 200)] == [0, 99, 128, 256]
    assert [mesh.exists(core) for core in (0, 99, 100, 127, 128, 227, 228, 256, -1)] == [
        True, True, False, False, True, True, False, False, False,
    ]  # fmt: skip
    assert Mesh.of(LOIHI2, None).cores == 128


def test_each_format_is_costed_by_hand() -> None:
    """Three of six weights are zero; five neurons need three bits of index."""
    two = np.arange(2)
    half = Incoming(Connection("input", "a", Dense(np.array([[2, 0, 4], [0, 0, 6]], np.int16))))
    assert half.bits(two, 3) == {Encoding.DENSE: 2 * 3 * 8, Encoding.SPARSE: 3 * (8 + 1)}
    late = Dense(np.full((5, 2), 2, np.int16), delays=np.array([[0, 5]] * 5, np.uint8))
    assert Incoming(Connection("input", "a", late)).bits(np.arange(5), 2) == {
        Encoding.DENSE: 10 * (8 + 3),
        Encoding.SPARSE: 10 * (8 + 3 + 3),
    }
    kernel = Convolution(np.full((4, 2, 3, 3), 16, np.int16), (2, 5, 5), (4, 3, 3), grid=WeightGrid(bits=4))
    image = Incoming(Connection("input", "a", kernel))
    assert image.bits(np.arange(9, 27), 50) == {
        Encoding.DENSE: 50 * 18 * 4,
        Encoding.SPARSE: 18 * 18 * (4 + 5),
        Encoding.CONVOLUTION: 2 * 18 * 4,
    }


def test_the_format_of_fewest_bits_is_taken_and_the_plainer_of_equals() -> None:
    assert cheapest({Encoding.SPARSE: 4, Encoding.DENSE: 4, Encoding.CONVOLUTION: 5}) == Encoded(Encoding.DENSE, 4)
    assert cheapest({Encoding.DENSE: 9, Encoding.CONVOLUTION: 3, Encoding.SPARSE: 4}).bits == 3


@settings(max_examples=200, deadline=None)
@given(data=st.data(), target=SHAPES, source=SHAPES)
def test_senders_and_synapses_are_those_of_the_full_matrix(
    data: st.DataObject, target: tuple[int, int, int], source: tuple[int, int, int]
) -> None:
    synapse = data.draw(synapses_of_any_kind(target, source))
    count = synapse.targets
    units = np.array(sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1))))
    joined = np.zeros((count, synapse.sources), np.bool_)
    if isinstance(synapse, Convolution):
        joined[synapse.pairs()[:2]] = True
    elif isinstance(synapse, Sparse):
        joined[synapse.target_of, synapse.source_of] = True
    else:
        joined[:] = True
    incoming = Incoming(Connection("input", "a", synapse))
    assert np.array_equal(incoming.senders(units), joined[units].any(axis=0))
    assert incoming.synapses(units) == joined[units].sum()


@settings(max_examples=200, deadline=None)
@given(data=st.data(), target=SHAPES, source=SHAPES)
def test_no_need_falls_when_a_neuron_is_added(
    data: st.DataObject, target: tuple[int, int, int], source: tuple[int, int, int]
) -> None:
    """Cores are filled by halving, which rests on this."""
    needs = LayerNeeds(into_a(data.draw(synapses_of_any_kind(target, source))), "a")
    first = data.draw(st.integers(0, needs.units - 1))
    grown = [needs.of(np.arange(first, last)) for last in range(first + 1, needs.units + 1)]
    for less, more in itertools.pairwise(grown):
        assert less.bits() <= more.bits()
        assert not np.any(less.senders["input"] & ~more.senders["input"])
    alone = [memory_bytes([needs.of(np.array([unit]))], LOIHI2) for unit in range(needs.units)]
    assert needs.neuron_bytes(LOIHI2) == max(alone)


def test_connections_from_one_population_share_its_axons() -> None:
    """Units 0 and 1 at one port, 1 and 2 at the other: three axons."""
    here = [Sparse(np.full(2, 2), np.arange(2), units, (2, 4)) for units in (np.array([0, 1]), np.array([1, 2]))]
    wires = tuple(Connection("input", "a", each, port=port) for each, port in zip(here, ("", "imag"), strict=True))
    network = Network(4, (Layer("a", Resonator(2, 5, 6, 7)),), wires)
    ((use,), joined) = core_uses(network, (Placement("a", 0, 0, 2),), LOIHI2)
    assert (use.axons_in, joined.host_axons.tolist(), use.synapses) == (3, [3], 4)


def two_layers() -> Network:
    """Input 3 -> a (4 units) -> b (2 units: the first hears units 0 to 2, the second unit 3), b -> a back."""
    heard = Sparse(np.full(4, 2), np.array([0, 0, 0, 1]), np.arange(4), (2, 4))
    return Network(
        3,
        (Layer("a", cuba(4)), Layer("b", cuba(2))),
        (
            Connection("input", "a", Dense(np.full((4, 3), 2, np.int16))),
            Connection("a", "b", heard),
            Connection("b", "a", Dense(np.full((4, 2), 2, np.int16))),
        ),
    )


def test_a_message_goes_once_to_each_core_that_hears_it() -> None:
    network = two_layers()
    sent = {"input": np.array([1, 0, 2]), "a": np.array([5, 7, 11, 13]), "b": np.array([100, 1000])}
    parts = [Part(8, "a", np.array([0, 3])), Part(0, "a", np.array([1, 2])), Part(1, "b", np.arange(2))]
    found = links(network, parts, Activity(1, 10, sent))
    assert found.cores.tolist() == [0, 1, 8]
    assert found.messages.tolist() == [[0, 18, 0], [1100, 0, 1100], [0, 18, 0]]
    assert found.axons.tolist() == [[0, 2, 0], [2, 0, 2], [0, 2, 0]]
    assert found.host_messages.tolist() == [3, 0, 3]
    assert found.host_axons.tolist() == [3, 0, 3]
    mesh = Mesh.of(LOIHI2, None)
    assert found.by_core(mesh).tolist() == [0, 1100 * 2, 18 * 2], "core 8 is two tiles from the others"
    assert found.traffic(mesh) == 2236
    assert found.between().tolist() == [[0, 1118, 0], [1118, 0, 1118], [0, 1118, 0]]


def test_what_a_core_holds_is_added_up_over_its_layers() -> None:
    network = two_layers()
    placement = (Placement("a", 0, 0, 4), Placement("b", 0, 0, 1), Placement("b", 5, 1, 2))
    (shared, other), joined = core_uses(network, placement, LOIHI2)
    assert (shared.core, shared.layers, shared.neurons, shared.synapses) == (0, ("a", "b"), 5, 12 + 8 + 3)
    assert shared.synapse_bytes == 12 + 8 + 3
    assert {name: each.encoding for name, each in shared.encoded.items()} == {
        "input->a": Encoding.DENSE,
        "b->a": Encoding.DENSE,
        "a->b": Encoding.DENSE,
    }
    assert (shared.axons_in, shared.axons_out) == (3 + 2 + 3, 3 + 1 + 1), "b's first unit is heard on its own core"
    assert (other.core, other.neurons, other.axons_in, other.axons_out) == (5, 1, 1, 1)
    every = assumed(network, 1)
    assert joined.messages.tolist() == [[4 * every.steps, every.steps], [every.steps, 0]]


@pytest.mark.parametrize(("reserved", "slots"), [(None, None), (1000, 2)])
def test_a_core_that_learns_keeps_memory_and_axons_for_it(reserved: int | None, slots: int | None) -> None:
    chip = dataclasses.replace(LOIHI2, learning_bytes_reserved_per_core=reserved, axon_slots_of_learning=slots)
    network = learner().network
    placement = (Placement("hidden", 0, 0, 8), Placement("readout", 1, 0, 3))
    (hidden, readout), _ = core_uses(network, placement, chip)
    assert (hidden.synapse_bytes, hidden.axons_in) == (48, 6)
    assert readout.encoded["hidden->readout"] == Encoded(Encoding.DENSE, 3 * 8 * 8), "zeros may learn"
    assert readout.synapse_bytes == 24 + (reserved or 0)
    assert readout.axons_in == 8 * (slots or 1)
    assert LayerNeeds(network, "readout").neuron_bytes(chip) == 8 + (reserved or 0)
