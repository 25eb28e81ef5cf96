"""A Program as one imperfect device has it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial

import numpy as np

from hardware.errors import NetworkError
from hardware.mismatch.dead import silence
from hardware.mismatch.effect import Effect
from hardware.mismatch.neurons import imperfect_neurons
from hardware.mismatch.profile import DeviceProfile, MismatchError
from hardware.mismatch.stored_word import StoredWord
from hardware.mismatch.streams import SEED_LIMIT, stream, struck
from hardware.mismatch.weights import imperfect_weights
from hardware.network import Network
from hardware.program import Program


@dataclass(frozen=True)
class ImperfectDevice:
    """What one device makes of a Program.

    Attributes
    ----------
    program : Program
        What it runs; legal on the same chip. Placement and utilization are those of the perfect Program, because
        the compiler does not know what the device is like.
    effects : tuple of Effect
        What happened to each layer, then to each connection.
    """

    program: Program
    effects: tuple[Effect, ...]

    @property
    def clamped(self) -> int:
        """Values that stand at the end of their range, in all."""
        return sum(effect.clamped for effect in self.effects)


def imperfect(
    program: Program, profile: DeviceProfile, *, device: str, seed: int = 1, severity: float = 1.0
) -> ImperfectDevice:
    """Return a Program as an imperfect device has it.

    A pure function of its arguments. A device at two severities has the same draws: what is dead at the lower one
    is dead at the higher one too. At severity 0 the Program is the same. What the host itself drives (``direct``
    connections) are no synapses of the chip and stay. Weights that learn are changed as they are loaded; what is
    written or learned later is not.

    Parameters
    ----------
    program : Program
        The perfect one.
    profile : DeviceProfile
        The kind of device.
    device : str
        Which one.
    seed : int
        0..2^31-1.
    severity : float
        Factor on all spreads and probabilities of the profile.

    Raises
    ------
    MismatchError
        Where seed or severity is out of range, or no chip could hold the result.
    """
    if not 0 <= seed < SEED_LIMIT:
        raise MismatchError(f"seed {seed} must lie in 0..{SEED_LIMIT - 1}")
    scaled = profile.scaled(severity)
    try:
        network, effects = _imperfect_network(program.network, scaled, device, seed)
    except NetworkError as error:
        raise MismatchError(
            f"device {device} of profile {profile.name!r} at severity {severity:g}: {error}; or lower the severity"
        ) from error
    provenance = program.provenance | {
        "mismatch.profile": profile.name,
        "mismatch.device": device,
        "mismatch.seed": str(seed),
        "mismatch.severity": f"{severity:g}",
    }
    return ImperfectDevice(dataclasses.replace(program, network=network, provenance=provenance), tuple(effects))


def _imperfect_network(
    network: Network, profile: DeviceProfile, device: str, seed: int
) -> tuple[Network, list[Effect]]:
    effects: list[Effect] = []
    layers, dead = [], {}
    for layer in network.layers:
        draws = partial(stream, seed, device, layer.name)
        neuron, found = imperfect_neurons(layer.neuron, profile.variation, draws, layer.name)
        layers.append(dataclasses.replace(layer, neuron=neuron))
        effects += found
        share = profile.faults.dead_neurons
        if share:
            dead[layer.name] = struck(draws("dead_neurons"), share, (layer.units,))
            hit = int(np.count_nonzero(dead[layer.name]))
            effects.append(Effect("dead_neurons", layer.name, hit, layer.units))
    connections = []
    for connection in network.connections:
        if connection.direct:
            connections.append(connection)
            continue
        draws = partial(stream, seed, device, connection.name)
        synapse, word = connection.synapse, StoredWord.of(connection)
        weights, found = imperfect_weights(synapse.weights, word, profile, draws, connection.name)
        connections.append(dataclasses.replace(connection, synapse=synapse.with_weights(weights)))
        effects += found
    changed = dataclasses.replace(network, layers=tuple(layers), connections=tuple(connections))
    return silence(changed, dead), effects
