"""The contract of a combining rule: many changes in, one out.

A rule is an aggregator that leaves the step to others: how changes become one change is its own, how the master
moves by it is the server step's. So any rule works with any server step, for all connections or for some, at the
coordinator or at an edge. It is registered as any aggregator; a small one::

    @dataclass(frozen=True)
    class Largest(Rule):
        name = "largest"

        def combine(self, updates):
            size = max(range(len(updates)), key=lambda k: updates.numerators[k])
            return Combined({name: updates.changes[size][name].astype(np.int64) for name in updates.names})
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import Aggregator, MasterState, check_deltas
from lava_fed.aggregate.updates import Updates
from lava_fed.messages.delta import WeightDelta
from lava_fed.shared import Shared


@dataclass(frozen=True, eq=False)
class Combined:
    """What a rule makes of the updates.

    Attributes
    ----------
    changes : mapping of str to int64 array, shape (targets, sources)
        One change of each connection that was asked for, in master units, below 2^31.
    memory : mapping of str to int64 array
        What the rule must remember.
    """

    changes: Mapping[str, NDArray[np.int64]]
    memory: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def check(self, updates: Updates, rule: str) -> None:
        """Check that there is a change of each connection that was asked for.

        Raises
        ------
        LavaFedError
            Naming the rule, the connection, what it must be.
        """
        for name in updates.names:
            found, shape = self.changes.get(name), updates.shared.shapes[name]
            if not isinstance(found, np.ndarray) or found.dtype != np.int64 or found.shape != shape:
                shown = f"{found.dtype}{found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
                raise LavaFedError(
                    f"rule {rule!r}: the change of connection {name} must be int64{shape}, found {shown}; mend "
                    "the rule"
                )
        if odd := sorted(set(self.changes) - set(updates.names)):
            raise LavaFedError(f"rule {rule!r}: nobody asked for a change of {odd[0]}; mend the rule")


class Rule(Aggregator):
    """A way to make one change of many; by itself, the master is moved by that change."""

    whole: ClassVar[bool] = False
    """Whether the change must be taken as it is: no bound on norms, no server step, no edges."""

    @abstractmethod
    def combine(self, updates: Updates) -> Combined:
        """Return one change of each of ``updates.names``; the order of updates must not matter."""

    def combined(self, updates: Updates) -> Combined:
        """Return what ``combine`` makes of the updates, once it is known to fit.

        Raises
        ------
        LavaFedError
            Where a rule from elsewhere fails, or anything else comes out than a change of each connection.
        """
        try:
            found = self.combine(updates)
        except LavaFedError:
            raise
        except Exception as error:
            if type(self).__module__.startswith("lava_fed."):
                raise
            raise LavaFedError(
                f"rule {self.name!r} of {type(self).__module__} failed with {type(error).__name__}: {error}; mend "
                "or uninstall it"
            ) from error
        found.check(updates, self.name)
        return found

    def remember(self, shared: Shared, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Return what the rule remembers before the first round; by default nothing."""
        del shared, names
        return {}

    def init(self, shared: Shared) -> MasterState:
        """Return the state before the first round."""
        state = MasterState.of(shared)
        return state.moved(dict(state.arrays), self.remember(shared, shared.names))

    def apply(self, state: MasterState, deltas: Sequence[WeightDelta]) -> MasterState:
        """Return the state moved by the combined change."""
        combined = self.combined(Updates.of(state, check_deltas(state, deltas)))
        moved = {name: state.arrays[name] + change for name, change in combined.changes.items()}
        return state.moved(moved, {**state.memory, **combined.memory})


@dataclass(frozen=True)
class Robust(Rule):
    """A rule that some devices may lie to.

    It does not weigh by samples, because a liar would claim many.

    Attributes
    ----------
    attackers : int or None
        Devices in a round that may send anything. ``None``: three in ten. In a round with too few answers for so
        many, the rule guards against as many as it can; a lost answer must not stop a federation.

    Raises
    ------
    LavaFedError
        Where it is negative.
    """

    attackers: int | None = None

    def __post_init__(self) -> None:
        """Check the number."""
        if self.attackers is not None and self.attackers < 0:
            raise LavaFedError(f"{self.name}: attackers = {self.attackers} must be 0 or more")

    @staticmethod
    @abstractmethod
    def most(devices: int) -> int:
        """Return the most attackers that the rule stands among so many devices."""

    def guarded(self, devices: int) -> int:
        """Return how many attackers are guarded against among so many devices."""
        wanted = 3 * devices // 10 if self.attackers is None else self.attackers
        return max(0, min(wanted, self.most(devices)))
