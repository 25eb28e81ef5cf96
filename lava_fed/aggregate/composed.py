"""Rules, a bound, edges, a server step: what a config puts together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import Aggregator, MasterState, check_deltas
from lava_fed.aggregate.clip import Clip
from lava_fed.aggregate.edges import EdgeMessage, groups
from lava_fed.aggregate.fedavg import FedAvg
from lava_fed.aggregate.rule import Combined, Rule
from lava_fed.aggregate.server.plain import Plain
from lava_fed.aggregate.server.step import ServerStep
from lava_fed.aggregate.updates import Updates
from lava_fed.errors import ConfigError
from lava_fed.messages.delta import WeightDelta
from lava_fed.shared import Shared


@dataclass(frozen=True, eq=False)
class Composed(Aggregator):
    """Bounds each change, combines the changes by the rule of each connection, then moves the master by a step.

    Connections with equal rules are combined together: a rule that chooses devices chooses the same for all.

    Attributes
    ----------
    rule : Rule
        Of the connections that ``layers`` does not name.
    layers : mapping of str to Rule
        Of single connections.
    server : ServerStep
        How the master moves.
    clip : Clip or None
        Bound of each device's change.
    edges : int
        Edge aggregators, 0 for none. Each bounds and combines what its devices sent. Where the rule is a mean the
        edges forward exact sums, so the result is that without edges, to the bit; any other rule is used at each
        edge, then once more on what the edges made.
    staleness : float
        Exponent by which the age of a change counts.

    Raises
    ------
    ConfigError
        Where there are edges below a rule whose change must be taken as it is.
    """

    rule: Rule = field(default_factory=FedAvg)
    layers: Mapping[str, Rule] = field(default_factory=lambda: MappingProxyType({}))
    server: ServerStep = field(default_factory=Plain)
    clip: Clip | None = None
    edges: int = 0
    staleness: float = 0.0
    name: ClassVar[str] = "composed"

    def __post_init__(self) -> None:
        """Check that the parts go together."""
        for rule in (self.rule, *self.layers.values()):
            if self.edges and rule.whole:
                raise ConfigError(
                    f"rule {rule.name!r} needs every device's own change; leave aggregate.edges out, or choose "
                    "another rule"
                )

    def init(self, shared: Shared) -> MasterState:
        """Return the state before the first round."""
        memory = dict(self.server.start(shared, self._stepped(shared)))
        for rule, names in self._parts(shared):
            memory |= rule.remember(shared, names)
        state = MasterState.of(shared)
        return MasterState(shared, state.arrays, memory, state.clipped)

    def apply(self, state: MasterState, deltas: Sequence[WeightDelta]) -> MasterState:
        """Return the state after a round."""
        updates = Updates.of(state, check_deltas(state, deltas), self.staleness)
        combined = self._over_edges(updates) if self.edges else self._combined(self._bounded(updates))
        stepped = {name: combined.changes[name] for name in self._stepped(state.shared)}
        steps, memory = self.server.step(stepped, state.memory)
        moves = {**combined.changes, **steps}
        moved = {name: state.arrays[name] + move for name, move in moves.items()}
        return state.moved(moved, {**state.memory, **memory, **combined.memory})

    def forwarded(self, state: MasterState, deltas: Sequence[WeightDelta]) -> dict[str, int]:
        """Return the bytes that each edge sends on to the coordinator, by edge."""
        if not self.edges:
            return {}
        updates = Updates.of(state, check_deltas(state, deltas), self.staleness)
        sent = self._messages(updates)
        return {EdgeMessage.decode(message, state.shared).name: len(message) for message in sent}

    def _parts(self, shared: Shared) -> list[tuple[Rule, tuple[str, ...]]]:
        """Return each rule with its connections."""
        found: dict[Rule, list[str]] = {}
        for name in shared.names:
            found.setdefault(self.layers.get(name, self.rule), []).append(name)
        return [(rule, tuple(names)) for rule, names in found.items()]

    def _stepped(self, shared: Shared) -> tuple[str, ...]:
        return tuple(name for name in shared.names if not self.layers.get(name, self.rule).whole)

    def _bounded(self, updates: Updates) -> Updates:
        names = self._stepped(updates.shared)
        if self.clip is None or not names:
            return updates
        return self.clip.apply(updates.only(names)).only(updates.names)

    def _combined(self, updates: Updates) -> Combined:
        changes: dict[str, NDArray[np.int64]] = {}
        memory: dict[str, NDArray[np.int64]] = {}
        for rule, names in self._parts(updates.shared):
            combined = rule.combined(updates.only(names))
            changes |= combined.changes
            memory |= combined.memory
        return Combined(changes, memory)

    def _messages(self, updates: Updates) -> list[bytes]:
        """Return what each edge forwards, in the order of edges."""
        found = []
        for edge, indices in groups(updates.devices, self.edges).items():
            heard = self._bounded(updates.take(indices))
            values: dict[str, NDArray[np.int64]] = {}
            for rule, names in self._parts(updates.shared):
                mine = heard.only(names)
                values |= rule.sums(mine) if isinstance(rule, FedAvg) else rule.combined(mine).changes
            message = EdgeMessage(edge, len(heard), sum(heard.denominators), values)
            found.append(message.encode(updates.shared))
        return found

    def _over_edges(self, updates: Updates) -> Combined:
        heard = [EdgeMessage.decode(message, updates.shared) for message in self._messages(updates)]
        weights = tuple(message.weight for message in heard)
        changes: dict[str, NDArray[np.int64]] = {}
        memory: dict[str, NDArray[np.int64]] = {}
        for rule, names in self._parts(updates.shared):
            forwarded = Updates(
                shared=updates.shared,
                names=names,
                master=updates.master,
                devices=tuple(message.name for message in heard),
                numerators=(1,) * len(heard) if isinstance(rule, FedAvg) else weights,
                denominators=weights,
                changes=tuple(message.values for message in heard),
                memory=updates.memory,
            )
            combined = rule.combined(forwarded)
            changes |= combined.changes
            memory |= combined.memory
        return Combined(changes, memory)
