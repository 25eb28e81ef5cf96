"""Every neuron on every layer of SLAYER: equal everywhere, or a named reason; no third outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from compile.slayer.availability import availability
from hardware.emulator.engine import EmulatorBackend
from hardware.network import Connection, Network
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution

if not availability().ok:
    pytest.skip(availability().reason, allow_module_level=True)

from tests.programs import Case
from tests.side_by_side import groups
from tests.versus_slayer.cell_run import DIFFERS, EXACT, LIVE, NEURON, REFUSED, Outcome
from tests.versus_slayer.matrix import PAGE, outcomes, page

pytestmark = [pytest.mark.slayer, pytest.mark.timeout(900)]  # the cells are run once, for the first of these


@dataclass(frozen=True)
class Shown(Case):
    """A cell's Program with the input that it was run on."""

    shown: SpikeTrain | None = None

    @property
    def spikes(self) -> SpikeTrain:
        assert self.shown is not None
        return self.shown


@pytest.fixture(scope="module")
def results() -> list[Outcome]:
    return outcomes()


def test_the_page_is_what_the_cells_come_to(results: list[Outcome]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(results), "run: python -m tests.versus_slayer.matrix"


def test_most_cells_are_equal_and_every_other_one_says_why(results: list[Outcome]) -> None:
    counts = Counter(outcome.code for outcome in results)
    assert counts[EXACT] + counts[LIVE] + counts[NEURON] > 0.7 * len(results), counts
    for outcome in results:
        assert outcome.text or outcome.code == EXACT, outcome.cell
        assert outcome.code in (EXACT, LIVE, NEURON, DIFFERS, REFUSED)


def test_the_neurons_of_every_cell_that_runs_do_fire_and_do_rest(results: list[Outcome]) -> None:
    for outcome in results:
        for rate in outcome.rates:
            assert 0.02 <= rate <= 0.7, (outcome.cell, outcome.rates)


@pytest.mark.lava
def test_lava_agrees_on_every_combination_that_occurs(results: list[Outcome]) -> None:
    from hardware.lava.cpu import LavaBackend

    seen: set[tuple[object, ...]] = set()
    chosen = []
    for outcome in results:
        if outcome.program is None or outcome.spikes is None:
            continue
        found = set(_combinations(outcome.program.network))
        if not found <= seen:
            seen |= found
            chosen.append(Shown(str(outcome.cell), outcome.program, shown=outcome.spikes))
    assert len(chosen) > 50
    for group in groups(chosen):
        with EmulatorBackend().load(group.program) as session:
            expected = session.run(group.spikes).spikes
        with LavaBackend().load(group.program) as session:
            found = session.run(group.spikes).spikes
        for name, trace in expected.items():
            np.testing.assert_array_equal(found[name], trace, err_msg=f"{group}: {name}")


def _combinations(network: Network) -> Iterator[tuple[object, ...]]:
    """Name what of neurons and synapses meets in each layer."""
    for layer in network.layers:
        neuron = layer.neuron
        fields = {name: getattr(neuron, name) for name in neuron.__dataclass_fields__}
        kinds = tuple(
            (name, str(value)) for name, value in fields.items() if not isinstance(value, int | np.ndarray)
        )
        shapes = tuple(sorted(name for name, value in fields.items() if isinstance(value, np.ndarray)))
        constant = tuple(
            name for name in ("bias", "drive", "drive_real", "drive_imag") if np.any(fields.get(name))
        )
        ways = tuple(_way(connection, network) for connection in network.into(layer.name))
        yield (
            neuron.kind,
            kinds[:3] if neuron.kind == "cuba" else (),
            shapes,
            constant,
            layer.delays is not None,
            ways,
        )


def _way(connection: Connection, network: Network) -> tuple[object, ...]:
    synapse = connection.synapse
    transposed = isinstance(synapse, Convolution) and synapse.transposed
    own = connection.source == connection.target
    graded = network.sends_graded(connection.source)
    return synapse.kind, transposed, connection.port, own, graded, synapse.exponent != 0
