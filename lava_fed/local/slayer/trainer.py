"""Devices that train off their chips, with SLAYER's surrogate gradients through the chip's integers.

What learns is a real number for each weight; what computes is the nearest weight that the chip can hold, and the
gradient passes the rounding as if there were none, as in SLAYER's quantization-aware training.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hardware.backend import Backend
from hardware.counters import Counters, counted
from hardware.errors import LavaFedError
from hardware.network import INPUT
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.config.devices import EMULATOR
from lava_fed.local.rehearsal import rehearsed
from lava_fed.local.slayer.chain import Chain
from lava_fed.local.slayer.descent import ADAM, SGD, Descent
from lava_fed.local.slayer.kernels import Reals, round_to
from lava_fed.local.slayer.layer import Pass, Surrogate
from lava_fed.local.slayer.penalty import Penalty
from lava_fed.local.trainer import Job, Outcome, Trainer, Work
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.shared import Shared

TAKEN = 128
"""Samples that are spikes at the same time, rounded down to whole batches: they stay in the cache."""


class Slayer(Trainer):
    """Trains the shared connections of a chain of CUBA layers.

    The loss is the cross-entropy of ``softmax(score / temperature)``, the score what the emulator judges by:
    spikes of the output, or its last voltage in weight units where it sends voltages. Counters are those of the
    forward passes.

    Parameters
    ----------
    backend : Backend
        Where the trained Programs run; training itself needs none.
    rate : float
        Of learning, above 0; see ``Descent``. Each of the task's halvings halves it.
    batch : int
        Samples of a step, 0 for all of the round at once.
    optimizer : str
        ``"adam"`` or ``"sgd"``.
    momentum, memory : float
        Constants of the optimizer, 0..1 without 1.
    temperature : float
        Score that makes a class e times as likely, above 0.
    width, scale : float
        Of the surrogate, above 0; see ``Surrogate``.

    Raises
    ------
    LavaFedError
        Where an option is out of its range.
    """

    name = "slayer"

    def __init__(
        self,
        backend: Backend,
        *,
        rate: float = 1.0,
        batch: int = 32,
        optimizer: str = ADAM,
        momentum: float = 0.9,
        memory: float = 0.99,
        temperature: float = 256.0,
        width: float = 0.7,
        scale: float = 1.0,
    ) -> None:
        super().__init__(backend)
        for what, value in (("rate", rate), ("temperature", temperature), ("width", width), ("scale", scale)):
            if not 0 < value < 1e9:
                raise LavaFedError(f"work.options.{what} {value:g} must lie above 0 and below 1e9")
        for what, value in (("momentum", momentum), ("memory", memory)):
            if not 0 <= value < 1:
                raise LavaFedError(f"work.options.{what} {value:g} must lie in 0..1 without 1")
        if type(batch) is not int or not 0 <= batch < 2**31:
            raise LavaFedError(f"work.options.batch {batch!r} must be an integer 0..{2**31 - 1}")
        if optimizer not in (ADAM, SGD):
            raise LavaFedError(f'work.options.optimizer {optimizer!r} must be "{ADAM}" or "{SGD}"')
        self._descent = Descent(optimizer, float(rate), float(momentum), float(memory))
        self._batch, self._temperature = batch, float(temperature)
        self._surrogate = Surrogate(float(width), float(scale))

    def check(self, shared: Shared, work: Work) -> None:
        """Check that the Program is a chain that SLAYER knows, what it shares, and that nothing limits a chip."""
        chain = Chain.of(shared.program.network)
        for name in shared.names:
            if name not in [layer.connection for layer in chain.layers]:
                raise LavaFedError(f"connection {name} is no part of the chain that SLAYER trains; share others")
        _check_unlimited(work)
        if self.backend.name != EMULATOR:
            raise LavaFedError(
                f'devices of backend {self.backend.name!r} are asked for, but those of method "slayer" train off '
                "their chips, on none; take devices.backend and [devices.backends] out"
            )

    def work(self, job: Job) -> Outcome:
        """Learn one round; a pure function of the job.

        Raises
        ------
        LavaFedError
            Where the Program is no such chain, the data do not fit, or a budget of the chip is asked for.
        """
        _check_unlimited(job.work)
        chain, network = Chain.of(job.program.network), job.program.network
        data, order, replay = rehearsed(job)
        held = {c.name: _turned(c.synapse.weights) for c in network.connections}
        base = {name: _turned(job.task.weights[name]) for name in job.shared.names}
        weights = {name: array.copy() for name, array in base.items()}
        grids = {c.name: (c.low, c.high, c.step) for c in job.shared.connections}
        moments = self._descent.begin(weights, job.memory)
        penalty = Penalty.begin(job.work.proximal, job.work.ewc, base, job.data.digest, job.memory)
        tally, loss, slower = _Tally(chain, job.program), 0.0, 0.5**job.task.halvings
        room: list[Pass] = []
        batch = self._batch or len(order)
        taken = batch * max(1, TAKEN // batch)
        for first in range(0, len(order), taken):
            chosen = order[first : first + taken]
            shown = data.take(chosen)
            spikes, labels, seen = shown.x, shown.labels, chain.seen(shown.x)
            replay = replay.with_shown(shown)
            if not room or room[0].arrived.shape[1] != seen.shape[1]:
                room = chain.room(seen, held, min(batch, len(order)), chain.steps(spikes.steps))
            for start in range(0, len(chosen), batch):
                part = slice(start, start + batch)
                for name, array in weights.items():
                    round_to(array.ravel(), *grids[name], held[name].ravel())
                found, gradients, passes = chain.learn(
                    seen[part],
                    labels[part],
                    held,
                    room,
                    temperature=self._temperature,
                    surrogate=self._surrogate,
                )
                loss += found * len(chosen[part])
                gradients = {name: gradients[name] for name in weights}
                penalty.pull(weights, gradients, len(chosen[part]))
                moments.step(weights, gradients, {name: grid[:2] for name, grid in grids.items()}, slower)
                tally.add(passes)
            tally.saw(spikes)
        return Outcome(
            change={name: _master(array - base[name]) for name, array in weights.items()},
            samples=len(np.unique(order[order < len(job.data)])),
            counters=tally.counters(),
            loss=loss / len(order),
            memory=moments.memory() | penalty.memory() | replay.memory(),
        )

    def close(self) -> None:
        """Nothing is held."""


class _Tally:
    """Counts the events of forward passes."""

    def __init__(self, chain: Chain, program: Program) -> None:
        self._network, self._chain = program.network, chain
        self._names = [self._network.connection(layer.connection).target for layer in chain.layers]
        self._sent = dict.fromkeys((INPUT, *self._names), 0)
        self._steps = 0

    def add(self, passes: list[Pass]) -> None:
        """Count what the layers of a batch sent."""
        for name, made in zip(self._names, passes, strict=True):
            self._sent[name] += int(np.count_nonzero(made.sent))

    def saw(self, spikes: SpikeTrain) -> None:
        """Count what came in."""
        self._sent[INPUT] += int(spikes.by_unit().sum())
        self._steps += spikes.samples * spikes.steps

    def counters(self) -> Counters:
        """Return all events."""
        found = counted(
            self._network,
            self._steps,
            spikes=self._sent,
            operations={c.name: self._sent[c.source] * c.synapse.targets for c in self._network.connections},
            lesson=None,
        )
        return replace(found, learning_updates=dict.fromkeys((c.name for c in self._network.plastic), 0))


def _check_unlimited(work: Work) -> None:
    if work.joules or work.seconds:
        raise LavaFedError(
            'work.joules and work.seconds limit what a chip spends, and devices of method "slayer" train off it; '
            "take them out of the config, or limit rounds.samples"
        )


def _turned(weights: NDArray[np.int16]) -> Reals:
    return np.ascontiguousarray(weights.T, dtype=np.float64)


def _master(change: Reals) -> NDArray[np.int32]:
    units: NDArray[np.int32] = np.rint(np.ascontiguousarray(change.T) * (1 << FRACTION_BITS)).astype(np.int32)
    return units
