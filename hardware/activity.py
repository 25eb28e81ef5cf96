"""How often each unit of a network sends: what placement, energy and time are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.network import INPUT, Layer, Network
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain, frozen
from hardware.streaming import run_parts

ASSUMED_STEPS = 100_000
"""Steps of an assumed activity: enough that rates of 1 in 100,000 are kept."""


@dataclass(frozen=True, eq=False)
class Activity:
    """Messages that every unit sent, of all samples together.

    Attributes
    ----------
    samples : int
        Samples that ran.
    steps : int
        Steps of all samples together.
    sent : mapping of str to int64 array, shape (units,)
        Messages (those that are not 0) of each unit, by population, ``"input"`` included. Read-only.
    measured : bool
        Whether a run was watched; false where the rates are assumed.
    active : mapping of str to int64 array, shape (units,), or None
        Steps in which each neuron sent, or its state was not at rest before or after, by layer; ``None`` where
        nobody looked.

    Raises
    ------
    LavaFedError
        Where a number is negative, or there are messages without steps.
    """

    samples: int
    steps: int
    sent: Mapping[str, NDArray[np.int64]]
    measured: bool = True
    active: Mapping[str, NDArray[np.int64]] | None = None

    def __post_init__(self) -> None:
        """Check the counts, and freeze them."""
        if self.samples < 1 or self.steps < 1:
            raise LavaFedError(f"an activity of {self.samples} samples in {self.steps} steps tells nothing")
        object.__setattr__(self, "sent", _counts(self.sent))
        if self.active is not None:
            object.__setattr__(self, "active", _counts(self.active))

    @classmethod
    def of(cls, inputs: SpikeTrain, result: RunResult, network: Network | None = None) -> Activity:
        """Count the messages of one run.

        Parameters
        ----------
        inputs : SpikeTrain
            What the host sent.
        result : RunResult
            What came of it, with the messages of every layer.
        network : Network, optional
            What ran, where ``result`` holds the probes ``state_probes(network)``: tells which neurons were active.
        """
        sent = {INPUT: inputs.by_unit()}
        for name, train in result.spikes.items():
            sent[name] = np.count_nonzero(train, axis=(0, 1)).astype(np.int64)
        active = None
        if network is not None:
            active = {layer.name: _active(layer, result) for layer in network.layers}
        return cls(inputs.samples, inputs.samples * inputs.steps, sent, active=active)

    def __add__(self, other: Activity) -> Activity:
        """Add two runs of one network.

        Raises
        ------
        LavaFedError
            Where they are not of the same populations.
        """
        if {name: each.size for name, each in self.sent.items()} != {
            name: each.size for name, each in other.sent.items()
        }:
            raise LavaFedError("two activities add up only where they are of the same network")
        return Activity(
            self.samples + other.samples,
            self.steps + other.steps,
            {name: counts + other.sent[name] for name, counts in self.sent.items()},
            self.measured and other.measured,
            None
            if self.active is None or other.active is None
            else {name: counts + other.active[name] for name, counts in self.active.items()},
        )

    def rates(self, population: str) -> NDArray[np.float64]:
        """Return the messages per step of each unit, shape (units,)."""
        return self.sent[population] / self.steps

    def check(self, network: Network) -> None:
        """Check that this is the activity of a network.

        Raises
        ------
        LavaFedError
            Naming the population that is missing or has another number of units.
        """
        for name, units in [(INPUT, network.inputs), *((each.name, each.units) for each in network.layers)]:
            found = self.sent[name].size if name in self.sent else 0
            if found != units:
                raise LavaFedError(f"the activity counts {found} units of {name!r}, the network has {units}")


def spread(network: Network, spikes: Mapping[str, int], samples: int, steps: int) -> Activity:
    """Return the activity of a run of which only sums are known: each population's units send equally often.

    Parameters
    ----------
    network : Network
        What ran.
    spikes : mapping of str to int
        Messages of each population, as ``Counters`` holds them.
    samples, steps : int
        Of the run; steps of all samples together.
    """
    units = {INPUT: network.inputs, **{layer.name: layer.units for layer in network.layers}}
    sent = {}
    for name, count in units.items():
        each, rest = divmod(spikes.get(name, 0), count)
        sent[name] = np.full(count, each, np.int64)
        sent[name][:rest] += 1
    return Activity(samples, steps, sent)


def state_probes(network: Network) -> tuple[str, ...]:
    """Return the probes that tell which neurons are active: every state of every layer."""
    return tuple(f"{layer.name}.{state}" for layer in network.layers for state in layer.neuron.states)


def away_from_rest(layer: Layer, result: RunResult, sample: int) -> NDArray[np.bool_]:
    """Say when the neurons of a layer were active: they sent, or a state was not at rest before or after the step.

    Parameters
    ----------
    layer : Layer
        Which.
    result : RunResult
        With its messages and all its states.
    sample : int
        Which sample.

    Returns
    -------
    bool array, shape (steps, units)
    """
    active: NDArray[np.bool_] = result.spikes[layer.name][sample] != 0
    for state, rest in layer.neuron.rest.items():
        away = result.probes[f"{layer.name}.{state}"][sample] != rest
        active |= away
        active[1:] |= away[:-1]
    return active


def measure(session: Session, parts: Iterable[SpikeTrain], *, states: bool = False) -> Activity:
    """Run trains and count what every unit sends, in the memory of one part.

    Parameters
    ----------
    session : Session
        The Program on a backend.
    parts : iterable of SpikeTrain
        Input, in any pieces.
    states : bool
        Look at the states of all neurons too, to tell which are active; takes several times as long.

    Raises
    ------
    LavaFedError
        Where the input does not fit, or there is none.
    """
    network = session.program.network if states else None
    total: Activity | None = None
    for train in parts:
        for inputs, result in _pieces(session, train, () if network is None else state_probes(network)):
            part = Activity.of(inputs, result, network)
            total = part if total is None else total + part
    if total is None:
        raise LavaFedError("there is no input to measure the activity with; give at least one sample")
    return total


def assumed(network: Network, rate: float) -> Activity:
    """Return an activity in which every unit sends equally often.

    Parameters
    ----------
    network : Network
        Whose.
    rate : float
        Messages of a unit per step, 0..1.

    Raises
    ------
    LavaFedError
        Where the rate lies outside 0..1.
    """
    if not 0 <= rate <= 1:
        raise LavaFedError(f"a rate of {rate:g} messages per step must lie in 0..1")
    units = {INPUT: network.inputs, **{layer.name: layer.units for layer in network.layers}}
    each = round(rate * ASSUMED_STEPS)
    return Activity(
        1, ASSUMED_STEPS, {name: np.full(count, each, np.int64) for name, count in units.items()}, measured=False
    )


def _pieces(session: Session, train: SpikeTrain, probes: Sequence[str]) -> Iterable[tuple[SpikeTrain, RunResult]]:
    """Pair each part of a run with the samples that it is of."""
    first = 0
    for result in run_parts(session, [train], probes=probes):
        samples = next(iter(result.spikes.values())).shape[0]
        yield train.take(slice(first, first + samples)), result
        first += samples


def _counts(given: Mapping[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    kept: dict[str, NDArray[np.int64]] = {}
    for name, each in given.items():
        counts = np.asarray(each)
        if counts.ndim != 1 or counts.dtype.kind not in "iu" or (counts.size and counts.min() < 0):
            raise LavaFedError(f"activity of {name!r}: expected a count of each unit, found {counts.dtype}")
        kept[name] = frozen(counts.astype(np.int64, copy=False))  # type: ignore[assignment]  # keeps the type
    return kept


def _active(layer: Layer, result: RunResult) -> NDArray[np.int64]:
    """Count the steps in which each neuron was active, shape (units,)."""
    counts = np.zeros(layer.units, np.int64)
    for sample in range(result.spikes[layer.name].shape[0]):
        counts += np.count_nonzero(away_from_rest(layer, result, sample), axis=0)
    return counts
