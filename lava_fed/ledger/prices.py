"""What a Program's events take, so that thousands of devices can be accounted for one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hardware.activity import spread
from hardware.counters import Counters
from hardware.energy.account import account
from hardware.energy.amount import NOTHING, Amount, cost, total
from hardware.energy.cause import Cause
from hardware.energy.known import NAMES, find_model
from hardware.energy.model import EnergyModel
from hardware.network import INPUT
from hardware.program import Program
from lava_fed.ledger.clocks import Clocks

COUNT_LIMIT = 1 << 40
"""Far above what devices count in one round; sums of products stay exact below it."""


@dataclass(frozen=True)
class Prices:
    """Energy of a Program's events; it grows in proportion to them, since a population's units send equally often.

    Attributes
    ----------
    program : Program
        Placed on a chip.
    model : EnergyModel
        The chip's.
    step : Amount
        Joules of a step in which nobody sends and nothing learns.
    spikes : mapping of str to Amount
        Joules of one message, by the population that sends it.
    clocks : Clocks or None
        Time of a step; ``None`` where the model says nothing of it.
    """

    program: Program
    model: EnergyModel
    step: Amount
    spikes: Mapping[str, Amount]
    clocks: Clocks | None

    @classmethod
    def of(cls, program: Program) -> Prices | None:
        """Find the prices; ``None`` where the Program is not placed or no energy model comes with its chip."""
        if not program.placement or program.chip.name not in NAMES:
            return None
        model = find_model(program.chip.name)

        def joules(spikes: Mapping[str, int]) -> Amount:
            return account(program, spread(program.network, spikes, 1, 1), model).joules

        units = {INPUT: program.network.inputs, **{layer.name: layer.units for layer in program.network.layers}}
        step = joules({})
        each = {name: (joules({name: count}) + step.times(-1)).over(count) for name, count in units.items()}
        return cls(program, model, step, each, Clocks.of(program, model, units))

    def steps(self, counters: Counters) -> int:
        """Return the steps of all samples; 0 where nothing ran or a count is too large to be true."""
        layer = self.program.network.layers[0]
        every = (counters.spikes, counters.neuron_updates, counters.synaptic_operations, counters.learning_updates)
        if max((count for counts in every for count in counts.values()), default=0) >= COUNT_LIMIT:
            return 0
        return counters.neuron_updates.get(layer.name, 0) // layer.units

    def compute(self, counters: Counters) -> Amount:
        """Return joules of all but learning."""
        spent = [self.step.times(self.steps(counters))]
        spent += [price.times(counters.spikes.get(name, 0)) for name, price in self.spikes.items()]
        return total(spent)

    def learning(self, counters: Counters) -> Amount:
        """Return joules of all evaluations of rules."""
        return cost(self.model.joules.get(Cause.LEARNING), sum(counters.learning_updates.values()))

    def learning_steps(self, counters: Counters) -> float:
        """Return in how many steps rules alone would take as long to evaluate as all learning updates did.

        A pull of a synapse by the host, as of FedProx or EWC, is taken to last as long as a rule.
        """
        steps = self.steps(counters)
        rules = sum(synapses * (steps // epoch) for synapses, epoch in self._rules)
        return steps * sum(counters.learning_updates.values()) / rules if rules else 0.0

    @cached_property
    def _rules(self) -> tuple[tuple[int, int], ...]:
        """Synapses of each connection that learns, and how many steps its epoch has."""
        plastic = self.program.network.plastic
        return tuple((int(c.synapse.fan_out().sum()), c.rule.epoch) for c in plastic if c.rule is not None)

    def time(self, counters: Counters) -> tuple[Amount, Amount]:
        """Return seconds of an average step for computing, then for learning; nothing where nothing is known.

        Parameters
        ----------
        counters : Counters
            Of one device or many: all steps are taken to be average ones.
        """
        steps = self.steps(counters)
        if not steps or self.clocks is None:
            return NOTHING, NOTHING
        return self.clocks.step({name: count / steps for name, count in counters.spikes.items()})
