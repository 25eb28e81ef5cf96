"""The contract between a Program and whatever runs it.

A ``Backend`` says whether it can run here and loads a Program into a ``Session``. A Session does two things:
``run`` (samples are independent; weights stay) and ``learn`` (samples follow one another; weights change).

Time. A sample lasts as many steps as the spike train has. Every sample starts from rest: neurons at their
``rest``, traces and accumulators at zero, no message under way. Input given in step t reaches the first layer in
step t + 1. What a layer is seen to send in step t has passed its axonal delays.
``learn`` counts steps through all its samples, so learning epochs and random draws continue across them, and
begins its random streams anew from ``seed``: it is a pure function of Program, weights, data and seed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.counters import Counters
from hardware.errors import BackendUnavailableError, LavaFedError
from hardware.network import Layer, Network
from hardware.program import Program
from hardware.spikes import SpikeTrain

if TYPE_CHECKING:
    from hardware.devices import DeviceGroup

TEACHER_PROBES = ("m", "y1")
"""State of a taught layer beside that of its neurons: the teacher's accumulator, the third factor it sent."""
CONNECTION_PROBES = ("x1", "x2", "weights")
"""State of a connection that learns."""


@dataclass(frozen=True)
class Availability:
    """Whether a backend, or another program, can run here.

    Attributes
    ----------
    ok : bool
        It can.
    reason : str
        What is there, or what is missing.
    remedy : str
        What to do about it; empty where nothing is to be done.
    """

    ok: bool
    reason: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """Reason and remedy in one sentence, without its full stop."""
        return "; ".join(part for part in (self.reason, self.remedy) if part)

    def require(self, what: str) -> None:
        """Stop here where it cannot run.

        Parameters
        ----------
        what : str
            Its name, for the error.

        Raises
        ------
        BackendUnavailableError
            With reason and remedy.
        """
        if not self.ok:
            raise BackendUnavailableError(f"{what} cannot run here: {self.text}")


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a session observed.

    Attributes
    ----------
    spikes : mapping of str to uint8 or int32 array, shape (samples, steps, units)
        What every layer that was asked for sends, after its axonal delays: uint8 for plain spikes, int32 where it
        is graded.
    probes : mapping of str to int32 array, shape (samples, steps, ...)
        The states asked for, at the end of each step.
    counters : Counters
        Events.
    """

    spikes: Mapping[str, NDArray[np.uint8] | NDArray[np.int32]]
    probes: Mapping[str, NDArray[np.int32]]
    counters: Counters

    def scores(self, layer: str) -> NDArray[np.int64]:
        """Return what a classifier compares, shape (samples, units).

        Spike counts of a plain layer; of a graded one the messages of the last step, such as sums or voltages.
        """
        sent = self.spikes[layer]
        if sent.dtype == np.uint8:
            counts: NDArray[np.int64] = sent.sum(axis=1, dtype=np.int64)
            return counts
        return sent[:, -1].astype(np.int64)

    def keeping(self, layers: Sequence[str]) -> RunResult:
        """Return the same result with the messages of some layers only."""
        return replace(self, spikes={name: self.spikes[name] for name in layers})


class Session(ABC):
    """A Program loaded on a backend; use it as a context manager.

    Attributes
    ----------
    program : Program
        As it was loaded; what was learned or written since is in ``weights``.
    """

    program: Program

    @abstractmethod
    def run(
        self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
    ) -> RunResult:
        """Run every sample on its own, from rest, with the present weights.

        Parameters
        ----------
        spikes : SpikeTrain
            Input spikes.
        probes : sequence of str
            States to record: ``"<layer>.<state>"``, any of ``layer_states``.
        layers : sequence of str, optional
            Layers whose messages are kept; all by default. Counters are complete in any case.
        """

    @abstractmethod
    def learn(
        self,
        spikes: SpikeTrain,
        labels: NDArray[np.integer[Any]],
        *,
        seed: int,
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> RunResult:
        """Run the samples one after another and let the plastic weights change.

        Parameters
        ----------
        spikes : SpikeTrain
            Input spikes; the steps of a sample must be a whole number of learning epochs.
        labels : integer array, shape (samples,)
            The unit of the taught layer that should win; -1 teaches nothing.
        seed : int
            Seed of the trace streams, 0..2^31-1.
        probes : sequence of str
            States to record; see ``layer_states`` and ``CONNECTION_PROBES``.
        layers : sequence of str, optional
            Layers whose messages are kept; all by default. Counters are complete in any case.
        """

    @abstractmethod
    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the present weights of every plastic connection, shape (targets, sources)."""

    @abstractmethod
    def write_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace the weights of the named plastic connections."""

    def close(self) -> None:  # noqa: B027  # most sessions hold nothing
        """Release what the session holds; it cannot be used afterwards."""

    def __enter__(self) -> Session:
        """Return the session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        self.close()


class Backend(ABC):
    """A way to run Programs."""

    name: str
    """Identifier on the command line."""
    title: str
    """One line for people."""

    @abstractmethod
    def availability(self) -> Availability:
        """Say whether this backend can run here, without loading anything heavy."""

    @abstractmethod
    def load(self, program: Program) -> Session:
        """Load a Program.

        Raises
        ------
        BackendUnavailableError
            Where the backend cannot run here.
        """

    def load_devices(self, programs: Sequence[Program], *, threads: int | None = None) -> DeviceGroup:
        """Load a device for each Program; a Program that is given often is loaded for each.

        Parameters
        ----------
        programs : sequence of Program
            All of one structure; see ``DeviceGroup``.
        threads : int, optional
            Devices that work at the same time; as many as there are cores by default.

        Raises
        ------
        LavaFedError
            Where a Program has another structure than the first.
        BackendUnavailableError
            Where the backend cannot run here.
        """
        from hardware.devices import DeviceGroup

        with ExitStack() as loaded:
            sessions = [loaded.enter_context(self.load(program)) for program in programs]
            group = DeviceGroup(sessions, threads=threads)
            loaded.pop_all()  # the group closes them
        return group


def layer_states(layer: Layer) -> tuple[str, ...]:
    """Return the states of a layer that can be probed."""
    return layer.neuron.states + (TEACHER_PROBES if layer.teacher else ())


def check_run(
    network: Network,
    spikes: SpikeTrain,
    probes: Sequence[str],
    layers: Sequence[str] | None = None,
    *,
    learning: bool,
) -> tuple[str, ...]:
    """Check what every session is given, before anything runs.

    Returns
    -------
    tuple of str
        The layers whose messages are kept, in the order of the network.

    Raises
    ------
    LavaFedError
        Naming the input, probe or layer that does not fit.
    """
    if spikes.units != network.inputs:
        raise LavaFedError(f"the input has {spikes.units} units, the network expects {network.inputs}")
    if spikes.samples == 0 or spikes.steps == 0:
        raise LavaFedError(f"the input is empty: {spikes.samples} samples of {spikes.steps} steps")
    if spikes.graded and not network.graded_input:
        largest = max(int(spikes.values.max()), int(spikes.values.min()), key=abs)
        raise LavaFedError(
            f"the input holds graded spikes as large as {largest}, but this network takes plain spikes, 0 or 1"
        )
    known = [f"{layer.name}.{state}" for layer in network.layers for state in layer_states(layer)]
    if learning:
        known += [f"{c.name}.{state}" for c in network.plastic for state in CONNECTION_PROBES]
    for probe in probes:
        if probe not in known:
            raise LavaFedError(f"no state {probe!r} to probe here; known: {', '.join(known)}")
    names = [layer.name for layer in network.layers]
    for name in layers or ():
        if name not in names:
            raise LavaFedError(f"no layer {name!r} to record; known: {', '.join(names)}")
    return tuple(name for name in names if layers is None or name in layers)


def check_learn(
    network: Network, spikes: SpikeTrain, labels: NDArray[np.integer[Any]], seed: int
) -> NDArray[np.int32]:
    """Check what ``learn`` is given beyond ``check_run`` and return the labels as int32.

    Raises
    ------
    LavaFedError
        Where nothing can learn, or labels, epochs or seed do not fit.
    """
    if not network.plastic:
        raise LavaFedError("this Program has no connection that learns; compile it with --learn")
    labels = np.asarray(labels)
    if labels.shape != (spikes.samples,) or labels.dtype.kind not in "iu":
        raise LavaFedError(f"expected {spikes.samples} integer labels, found {labels.dtype}{labels.shape}")
    for layer in network.layers:
        if layer.teacher and (labels.min() < -1 or labels.max() >= layer.units):
            raise LavaFedError(
                f"labels {labels.min()}..{labels.max()} do not fit the {layer.units} units of layer {layer.name!r}"
            )
    for connection in network.plastic:
        rule = connection.rule
        if rule is not None and spikes.steps % rule.epoch:
            raise LavaFedError(
                f"connection {connection.name}: a sample of {spikes.steps} steps is not a whole number of "
                f"learning epochs of {rule.epoch}; change the steps or the rule's epoch"
            )
    if not 0 <= seed < 2**31:
        raise LavaFedError(f"seed {seed} must lie in 0..2147483647")
    return labels.astype(np.int32)


def check_weights(program: Program, weights: Mapping[str, NDArray[Any]]) -> None:
    """Check weights that are to be written into a session.

    Raises
    ------
    LavaFedError
        Where a connection is unknown or does not learn, or a shape or value does not fit.
    """
    for name in weights:
        if program.network.connection(name).rule is None:
            raise LavaFedError(f"connection {name} does not learn, so its weights are part of the Program")
    program.with_weights(dict(weights))
