"""Rules about cores: what a placement puts on one must fit it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from compile.rules.placed import Placed
from compile.rules.rule import Findings
from compile.rules.violation import NETWORK, Violation
from hardware.network import Network
from hardware.placement.mesh import Mesh
from hardware.placement.usage import CoreUse
from hardware.program import Placement, Use


def every_neuron_sits_on_one_core(network: Network, mesh: Mesh, placement: tuple[Placement, ...]) -> Findings:
    """Check that a placement holds each neuron exactly once, and nothing else."""
    del mesh
    homes = {layer.name: np.zeros(layer.units, np.int64) for layer in network.layers}
    for run in placement:
        units = homes.get(run.layer)
        if units is None or not 0 <= run.first < run.last <= len(units) or run.core < 0:
            problem = f"is placed as {run.first}..{run.last - 1} on core {run.core}, which is no part of it"
            yield Violation(run.layer, problem, None, None, "correct the placement")
            return
        units[run.first : run.last] += 1
    for name, units in homes.items():
        if np.any(units != 1):
            unit = int(np.argmax(units != 1))
            problem = f"has neuron {unit} on {units[unit]} cores"
            yield Violation(name, problem, int(units[unit]), 1, "correct the placement")


def cores_of_the_network_fit_the_board(placed: Placed) -> Findings:
    """Check that every core is there: on the chip, or on one of the board's."""
    mesh = placed.mesh
    where = "chip" if mesh.board.chips == 1 else "board"
    if all(mesh.exists(use.core) for use in placed.cores):
        yield Use("cores", where, len(placed.cores), mesh.cores)
        return
    used, takes = len(placed.cores), placed.cores_by_layer
    largest = max(takes, key=lambda name: takes[name])
    title = mesh.chip.title if mesh.board.chips == 1 else mesh.board.title
    problem = (
        f"needs {used} cores, over the {mesh.cores} of {title}; layer {largest!r} takes {takes[largest]} of them"
    )
    if used <= mesh.cores:
        problem = f"is placed on cores that {title} does not have"
    yield Violation(NETWORK, problem, used, mesh.cores, "make it or its fan-in smaller, or take more chips")


def neurons_of_a_core_fit(placed: Placed) -> Findings:
    """Check the neurons of the fullest core."""
    limit = placed.mesh.chip.neurons_per_core
    yield from _fullest(placed, "neurons", lambda use: use.neurons, limit, "place fewer of them on a core")


def synapses_of_a_core_fit_its_memory(placed: Placed) -> Findings:
    """Check the synaptic memory of the fullest core, each connection in its cheapest format."""
    limit, remedy = placed.mesh.chip.synapse_bytes_per_core, "lower the layer's fan-in or its weight bits"
    yield from _fullest(placed, "synapse bytes", lambda use: use.synapse_bytes, limit, remedy)


def sources_of_a_core_fit_its_axons(placed: Placed) -> Findings:
    """Check the input axons of the fullest core, where their limit is published."""
    limit = placed.mesh.chip.axons_in_per_core
    yield from _fullest(placed, "input axons", lambda use: use.axons_in, limit, "lower the layer's fan-in")


def destinations_of_a_core_fit_its_axons(placed: Placed) -> Findings:
    """Check the output axons of the fullest core, one for each core that each of its neurons sends to."""
    limit = placed.mesh.chip.axons_out_per_core
    remedy = "place fewer of its neurons on a core, or the layers that it feeds on fewer cores"
    yield from _fullest(placed, "output axons", lambda use: use.axons_out, limit, remedy)


def _fullest(
    placed: Placed, what: str, taken: Callable[[CoreUse], int], limit: int | None, remedy: str
) -> Findings:
    """Measure the fullest core, or name the worst one of each layer that is over the limit."""
    if limit is None:
        return
    worst: dict[str, CoreUse] = {}
    for use in placed.cores:
        name = ", ".join(use.layers)
        if name not in worst or taken(use) > taken(worst[name]):
            worst[name] = use
    fullest = max(placed.cores, key=taken)
    if taken(fullest) <= limit:
        name = ", ".join(fullest.layers)
        yield Use(what, f"core {fullest.core} ({name})", taken(fullest), limit)
        return
    for name, use in worst.items():
        if taken(use) > limit:
            problem = (
                f"would take {taken(use)} {what} of core {use.core}, over the {limit} of a "
                f"{placed.mesh.chip.title} core"
            )
            yield Violation(name, problem, taken(use), limit, remedy)
