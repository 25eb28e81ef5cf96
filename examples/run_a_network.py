"""Build a Program by hand, run it on the emulator, and look inside.

A neuron that adds up its input, and one that it excites: input spike, membrane, output spike.
"""

import numpy as np

from hardware.chip.known import LOIHI2
from lava_fed import Connection, Cuba, Dense, EmulatorBackend, Layer, Network, Program, SpikeTrain


def neuron(threshold: int) -> Cuba:
    """Make one neuron that keeps no current and forgets no voltage."""
    return Cuba(current_decay=4096, voltage_decay=0, threshold=threshold, bias_mantissa=np.zeros(1, np.int16))


network = Network(
    inputs=1,
    layers=(Layer("adder", neuron(threshold=10)), Layer("follower", neuron(threshold=5))),
    connections=(
        Connection("input", "adder", Dense(np.array([[4]]))),
        Connection("adder", "follower", Dense(np.array([[6]]))),
    ),
)
program = Program(network, LOIHI2)
spikes = SpikeTrain(np.ones((1, 10, 1), np.uint8))

with EmulatorBackend().load(program) as session:
    result = session.run(spikes, probes=["adder.v"])

print("digest  ", program.digest[:16])
print("input   ", *spikes.values[0, :, 0], sep="  ")
print("adder.v ", *(f"{v // 64:2d}" for v in result.probes["adder.v"][0, :, 0]))
print("adder   ", *result.spikes["adder"][0, :, 0], sep="  ")
print("follower", *result.spikes["follower"][0, :, 0], sep="  ")
print("synaptic operations:", dict(result.counters.synaptic_operations))
