"""A run in parts, so that memory is bounded however many samples there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hardware.network import Network
from hardware.probes import layer_states
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain

BUDGET = 1 << 26
"""Bytes of input and records that a part may take, or one sample where that takes more.

A run in parts needs a few times as much in all: what a backend lays out for itself comes on top.
"""
WORD = 4
"""Bytes of a state, and of a graded message."""


def sample_bytes(
    network: Network, steps: int, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
) -> int:
    """Return how many bytes a run records for each sample.

    Parameters
    ----------
    network : Network
        What runs.
    steps : int
        Steps of a sample.
    probes : sequence of str
        States that are recorded: ``"<layer>.<state>"``.
    layers : sequence of str, optional
        Layers whose messages are kept; all by default.
    """
    wanted, total = dict.fromkeys(probes), 0
    for layer in network.layers:
        if layers is None or layer.name in layers:
            total += layer.units * (WORD if layer.neuron.sends_graded else 1)
        total += layer.units * WORD * sum(f"{layer.name}.{state}" in wanted for state in layer_states(layer))
    return total * steps


def samples_at_once(each: int, budget: int = BUDGET) -> int:
    """Return how many samples of ``each`` bytes fit into a part, at least 1."""
    return max(1, budget // max(1, each))


def run_parts(
    session: Session,
    parts: Iterable[SpikeTrain],
    *,
    probes: Sequence[str] = (),
    layers: Sequence[str] | None = None,
    budget: int = BUDGET,
) -> Iterator[RunResult]:
    """Run trains one after another, each in parts that fit into the budget.

    Every sample starts from rest, so results do not depend on the parts; counters add up.

    Parameters
    ----------
    session : Session
        The Program on a backend.
    parts : iterable of SpikeTrain
        Input, in any pieces; a generator that reads them one by one keeps only one in memory.
    probes, layers
        As for ``Session.run``.
    budget : int
        Bytes of input and records of a part.

    Yields
    ------
    RunResult
        For the next samples, in order.

    Raises
    ------
    LavaFedError
        Where input, probes or layers do not fit.

    Examples
    --------
    The share of spikes of a layer over any amount of input, in the memory of one part::

        with EmulatorBackend().load(program) as session:
            spikes = sum(result.counters.spikes["hidden"] for result in run_parts(session, trains))
    """
    network = session.program.network
    for train in parts:
        sent = train.units * (1 if train.is_held else train.steps) * train.values.itemsize
        size = samples_at_once(sent + sample_bytes(network, train.steps, probes=probes, layers=layers), budget)
        for first in range(0, max(1, train.samples), size):  # an empty train is refused by the session
            yield session.run(train.take(slice(first, first + size)), probes=probes, layers=layers)
