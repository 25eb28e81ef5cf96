"""One device learns handwritten digits on chip: a fixed random layer, and a readout that learns from labels.

No training framework is needed: the readout starts from zero and changes by the three-factor rule
``dw = 2^-10 * x1 * y1`` while the samples stream by.
"""

import numpy as np

from hardware.chip.known import LOIHI2
from lava_fed import Connection, Cuba, Dense, EmulatorBackend, Layer, Learner, Network, Program, supervised
from lava_fed.data.registry import load

device, test = load("digits", "device", 32), load("digits", "test", 32)
method = supervised()
rng = np.random.default_rng(0)
hidden = (rng.normal(0, 12, (128, 64)).round() * 2).astype(np.int16)


def neurons(units: int, threshold: int) -> Cuba:
    """Make a layer of integrators with a slow leak."""
    return Cuba(4096, 123, threshold, np.zeros(units, np.int16))


network = Network(
    inputs=64,
    layers=(Layer("hidden", neurons(128, 250)), Layer("readout", neurons(10, 80), method.teacher)),
    connections=(
        Connection("input", "hidden", Dense(hidden)),
        Connection("hidden", "readout", Dense(np.zeros((10, 128), np.int16)), method.rule),
    ),
)

program = Program(network, LOIHI2)
with EmulatorBackend().load(program) as session:
    learner = Learner(session, seed=1)
    while True:
        result = session.run(test.x)
        right = (result.scores("readout").argmax(axis=1) == test.y).mean()
        print(f"after {learner.learned:5d} samples: {right:6.1%} of {len(test)} test digits")
        if learner.learned == 3 * len(device):
            break
        learner.learn(device.x, device.labels)
    state = learner.pause()  # state.save(path) keeps it for another day, Learner.resume goes on from it

weights = state.weights["hidden->readout"]
print(f"weights now span {weights.min()}..{weights.max()}")
