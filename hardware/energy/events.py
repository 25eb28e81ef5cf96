"""Events of a placed Program, counted from how often its units send."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from hardware.activity import Activity
from hardware.energy.cause import SYNAPSES, Cause
from hardware.energy.fan import fan_onto
from hardware.errors import LavaFedError
from hardware.network import INPUT
from hardware.placement.mesh import Mesh
from hardware.placement.needs import Need
from hardware.placement.part import Part, parts_of
from hardware.placement.traffic import links, needs_of
from hardware.program import Program


@dataclass(frozen=True)
class Count:
    """How often something happened, and where.

    Attributes
    ----------
    cause : Cause
        What.
    layer : str
        Whose neurons, or whose messages; ``"input"`` for what the host sends, empty for the chip as a whole.
    core : int or None
        On which core; ``None`` where on none.
    events : int
        How often.
    least : int
        How often at least, where the activity does not tell it all; else ``events``.
    """

    cause: Cause
    layer: str
    core: int | None
    events: int
    least: int


@dataclass(frozen=True)
class Events:
    """All events of a run.

    Attributes
    ----------
    samples, steps : int
        Of the run; steps of all samples together.
    measured : bool
        Whether the activity was measured; false where it was assumed.
    counts : tuple of Count
        By cause, layer and core, each once.
    layers : tuple of str
        The order of layers: the input, those of the network, and the chip as a whole, which is the empty text.
    tiles : int
        Tiles in use, of the chip that uses most.
    chips : int
        Chips in use.
    farthest : (int, int, int)
        Hops east or west, north or south, and from chip to chip on the longest way that a message takes.
    """

    samples: int
    steps: int
    measured: bool
    counts: tuple[Count, ...]
    layers: tuple[str, ...]
    tiles: int
    chips: int
    farthest: tuple[int, int, int]

    def total(self, cause: Cause) -> int:
        """Count a cause over all layers and cores."""
        return sum(count.events for count in self.counts if count.cause is cause)


def count_events(
    program: Program, activity: Activity, *, learning: bool = False, frozen: Collection[str] = ()
) -> Events:
    """Count what a Program does on its cores.

    Synaptic operations are those of ``Counters``: every synapse that a message reaches, in the encoding that its
    core holds it in. A message goes once to every core that listens. Hops follow ``hardware.placement.mesh``.

    Parameters
    ----------
    program : Program
        Placed on a chip or board.
    activity : Activity
        How often its units send, and how often their state was not at rest; where it does not tell the latter,
        every neuron counts as active in every step, and at least where it sends.
    learning : bool
        Whether rules were evaluated.
    frozen : collection of str
        Connections whose rules were not.

    Raises
    ------
    LavaFedError
        Where the Program is not placed, or the activity is of another network.
    """
    network = program.network
    if not program.placement:
        raise LavaFedError("the Program is not placed on cores, so its energy is not known; compile it for a chip")
    activity.check(network)
    parts = parts_of(program.placement)
    cores = np.unique(np.array([part.core for part in parts], np.int64))
    needs = needs_of(network, parts)
    rules = {connection.name for connection in network.plastic} - {*frozen} if learning else set()
    counts = [*_neurons(parts, activity), *_synapses(program, parts, needs, activity, rules)]
    messages, farthest = _messages(program, parts, needs, activity)
    output = network.output.name
    counts += [
        *messages,
        _count(Cause.HOST_OUT, output, None, int(activity.sent[output].sum())),
        _count(Cause.BARRIER, "", None, activity.steps),
    ]
    chips = cores // program.chip.cores
    tiles = np.unique(cores // program.chip.cores_per_tile)
    per_chip = np.bincount(tiles * program.chip.cores_per_tile // program.chip.cores)
    kept = tuple(count for count in counts if count.events)
    return Events(
        samples=activity.samples,
        steps=activity.steps,
        measured=activity.measured,
        counts=kept,
        layers=(INPUT, *(layer.name for layer in network.layers), ""),
        tiles=int(per_chip.max()),
        chips=len(np.unique(chips)),
        farthest=farthest,
    )


def _count(cause: Cause, layer: str, core: int | None, events: int, least: int | None = None) -> Count:
    return Count(cause, layer, core, events, events if least is None else least)


def _neurons(parts: tuple[Part, ...], activity: Activity) -> Iterator[Count]:
    for part in parts:
        sent = int(activity.sent[part.layer][part.units].sum())
        looked = len(part.units) * activity.steps
        known = activity.active
        active = looked if known is None else int(known[part.layer][part.units].sum())
        yield _count(Cause.NEURON_ACCESS, part.layer, part.core, looked)
        yield _count(Cause.NEURON_UPDATE, part.layer, part.core, active, sent if known is None else active)
        yield _count(Cause.SPIKE, part.layer, part.core, sent)


def _synapses(
    program: Program, parts: tuple[Part, ...], needs: tuple[Need, ...], activity: Activity, rules: set[str]
) -> Iterator[Count]:
    network = program.network
    found: dict[tuple[Cause, str, int], int] = {}
    for part, need in zip(parts, needs, strict=True):
        for connection in network.into(part.layer):
            fan = fan_onto(connection.synapse, part.units)
            cause = SYNAPSES[need.encoded[connection.name].encoding]
            key = (cause, part.layer, part.core)
            found[key] = found.get(key, 0) + int(activity.sent[connection.source] @ fan)
            if connection.rule is not None and connection.name in rules:
                key = (Cause.LEARNING, part.layer, part.core)
                found[key] = found.get(key, 0) + int(fan.sum()) * (activity.steps // connection.rule.epoch)
    for (cause, layer, core), events in found.items():
        yield _count(cause, layer, core, events)


def _messages(
    program: Program, parts: tuple[Part, ...], needs: tuple[Need, ...], activity: Activity
) -> tuple[list[Count], tuple[int, int, int]]:
    """Count the messages of each population, and the hops that they take."""
    mesh = Mesh.of(program.chip, program.board)
    counts: list[Count] = []
    farthest = (0, 0, 0)
    for name in activity.sent:
        joined = links(program.network, parts, _alone(activity, name), needs)
        cores, sent = joined.cores, joined.messages
        across, along = np.moveaxis(np.abs(mesh.steps(cores, cores)), 2, 0)
        chips = mesh.crossings(cores, cores)
        counts.append(_count(Cause.HOST_IN, name, None, int(joined.host_messages.sum())))
        for place, core in enumerate(map(int, cores)):
            taken = int(sent[:, place].sum() + joined.host_messages[place])
            counts += [
                _count(Cause.AXON_OUT, name, core, int(sent[place].sum())),
                _count(Cause.AXON_IN, name, core, taken),
                _count(Cause.HOP_EAST_WEST, name, core, int(sent[place] @ across[place])),
                _count(Cause.HOP_NORTH_SOUTH, name, core, int(sent[place] @ along[place])),
                _count(Cause.HOP_CHIP, name, core, int(sent[place] @ chips[place])),
            ]
        for here, there in np.argwhere(sent):
            way = (int(across[here, there]), int(along[here, there]), int(chips[here, there]))
            farthest = max(farthest, way, key=sum)
    return counts, farthest


def _alone(activity: Activity, name: str) -> Activity:
    """Return the activity of one population, all others silent."""
    silent = {other: counts if other == name else np.zeros_like(counts) for other, counts in activity.sent.items()}
    return dataclasses.replace(activity, sent=silent)
