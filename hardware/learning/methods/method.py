"""A learning method: rules for the connections of a network, and who sends their third factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from hardware.errors import NetworkError
from hardware.learning.methods.cost import Cost, cost_of
from hardware.learning.rule import LearningRule
from hardware.learning.third_factor import ThirdFactor

if TYPE_CHECKING:
    from hardware.neurons.readout import Readout

OUTPUT = "output"
"""Role of connections into the last layer."""
HIDDEN = "hidden"
"""Role of connections into the layers before it, from the input and from each other."""
FEEDBACK = "feedback"
"""Role of connections from the last layer back to the error ports of the others."""
PROTOTYPES = "prototypes"
"""Role of connections into a layer of prototypes."""
ROLES = (OUTPUT, HIDDEN, FEEDBACK, PROTOTYPES)


class Needs(Enum):
    """What the host gives with each sample, beside its spikes."""

    NOTHING = "nothing"
    LABELS = "labels"
    REWARDS = "rewards"


@dataclass(frozen=True)
class LearningMethod:
    """A way of learning, ready to be attached to a network.

    Attributes
    ----------
    name : str
        As it is registered.
    title : str
        What it does, in a few words.
    source : str
        Where it was published: authors, title, year.
    rules : mapping of str to LearningRule
        The rule of each role of connections; other connections keep their weights.
    needs : Needs
        What the host gives with each sample.
    teachers : mapping of str to ThirdFactor
        What sends third factors, by the role whose connections it teaches; nothing where a rule has two factors.
    readout : Readout or None
        The last layer of a network that learns as a whole, for one unit; ``None`` where a model brings its own.

    Raises
    ------
    NetworkError
        Where a role is unknown, or one is taught whose connections do not learn.
    """

    name: str
    title: str
    source: str
    rules: Mapping[str, LearningRule]
    needs: Needs
    teachers: Mapping[str, ThirdFactor] = field(default_factory=lambda: MappingProxyType({}))
    readout: Readout | None = None

    def __post_init__(self) -> None:
        """Check the roles, and freeze the mappings."""
        if not self.rules:
            raise NetworkError(f"learning method {self.name!r} has no rule")
        for role in (*self.rules, *self.teachers):
            if role not in ROLES:
                raise NetworkError(f"learning method {self.name!r}: no role {role!r}; known: {', '.join(ROLES)}")
        for role in self.teachers:
            if role not in self.rules:
                raise NetworkError(
                    f"learning method {self.name!r} teaches {role!r} connections, which do not learn"
                )
        object.__setattr__(self, "rules", MappingProxyType(dict(self.rules)))
        object.__setattr__(self, "teachers", MappingProxyType(dict(self.teachers)))

    @property
    def rule(self) -> LearningRule:
        """The rule of the connections into the last layer.

        Raises
        ------
        NetworkError
            Where those do not learn.
        """
        if OUTPUT not in self.rules:
            raise NetworkError(
                f"learning method {self.name!r} has no rule for the connections into the last layer"
            )
        return self.rules[OUTPUT]

    @property
    def teacher(self) -> ThirdFactor | None:
        """What sends the last layer's third factors; ``None`` where nothing does."""
        return self.teachers.get(OUTPUT)

    def cost(self) -> dict[str, Cost]:
        """Return what each role costs on the chip."""
        return {role: cost_of(rule, self.teachers.get(role)) for role, rule in self.rules.items()}
