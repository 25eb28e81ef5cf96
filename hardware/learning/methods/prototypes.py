"""Continual prototypes: one example makes a prototype, and no other prototype changes."""

from __future__ import annotations

import numpy as np

from hardware.chip.widths import STATE_LIMIT
from hardware.errors import NetworkError
from hardware.learning.methods.method import PROTOTYPES, LearningMethod, Needs
from hardware.learning.rule import LearningRule
from hardware.learning.teacher import Teacher
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.synapses.dense import Dense

NOVELTY = "novelty"
"""Name of the layer of one unit that fires, in a sample's last step, where no prototype did."""
CLASSES = "classes"
"""Name of the layer that has a unit for each class."""


def prototypes(*, rate: int = 0, epoch: int = 40, x1_impulse: int = 64, x1_tau: int = 4095) -> LearningMethod:
    """Return the rule by which the weights of one prototype become the traces of the input.

    ``2^(rate-4) * u0 * x1 * y1 - 2^(rate-2) * u0 * w * y1``: where y1 is 127, w becomes ``w + 2^rate * (x1 - w)``
    but for a 128th and rounding; where y1 is 0, nothing changes. The teacher's bounds are out of reach, so the
    unit that the host names as the label sends 127, all others 0.

    Parameters
    ----------
    rate : int
        0 takes the example as it is; -1 goes half of the way, -2 a quarter, as a moving average.
    epoch : int
        Steps of a sample.
    x1_impulse, x1_tau : int
        The presynaptic trace.
    """
    return LearningMethod(
        name="prototypes",
        title="an example becomes the weights of a unit of its own",
        source="Hajizada and others: Interactive continual learning for robots: a neuromorphic approach (2022), "
        "as Lava's CLP",
        rules={
            PROTOTYPES: LearningRule.parse(
                f"2^{rate - 4}*u0*x1*y1 - 2^{rate - 2}*u0*w*y1", epoch=epoch, x1_impulse=x1_impulse, x1_tau=x1_tau
            )
        },
        needs=Needs.LABELS,
        teachers={PROTOTYPES: Teacher(margin=STATE_LIMIT - 1, shift=0, rest=STATE_LIMIT - 2)},
    )


def prototype_network(
    inputs: int, classes: int, each: int, *, method: LearningMethod, active: int, alike: int
) -> Network:
    """Make a network of prototypes, of which the one that is most like the input fires, and of their classes.

    The input comes in a sample's first step. Prototypes sum it and climb by the same bias in every step, so the
    one that is most like the input fires first, and its lateral inhibition silences all others for the rest of the
    sample. Where none is alike enough, none gets there before the sample ends: the input is new, and a unit says
    so that climbs, too, and is held down by any prototype that fires. Class c has the prototypes ``c * each`` to
    ``(c + 1) * each - 1``, which drive its unit.

    Parameters
    ----------
    inputs : int
        Input units.
    classes, each : int
        Classes, and prototypes of each.
    method : LearningMethod
        From ``prototypes``; a sample lasts for one of its epochs, of 8 steps or more.
    active : int
        Inputs that fire in a sample.
    alike : int
        Inputs that a sample must share with a prototype to be known.

    Raises
    ------
    NetworkError
        Where the method is another, or a number makes no sense.
    """
    if PROTOTYPES not in method.rules:
        raise NetworkError(f"learning rule {method.name!r} makes no prototypes; use that of 'prototypes'")
    rule, units = method.rules[PROTOTYPES], classes * each
    impulse, steps = rule.x1_impulse, rule.epoch
    if min(classes, each) < 1 or not 1 <= alike <= active <= inputs or steps < 8:
        raise NetworkError(
            f"prototypes: {classes} classes of {each} prototypes each, {alike} alike of {active} active of "
            f"{inputs} inputs, in {steps} steps, must be 1 or more, in this order of size, and 8 steps or more"
        )
    # Each shared input adds `impulse` in step 2. A unit that shares them all must not fire before step 3, or it
    # could not be told from its rivals; one that shares `alike` must fire in the last step but one.
    climb = -(-impulse * (active - alike + 1) // (steps - 3))
    threshold = impulse * alike - impulse // 2 + climb * (steps - 1)
    lateral = np.full((units, units), -256, np.int16)
    np.fill_diagonal(lateral, 0)
    belongs = np.zeros((classes, units), np.int16)
    belongs[np.arange(units) // each, np.arange(units)] = 64
    return Network(
        inputs,
        (
            Layer(
                PROTOTYPES,
                Cuba(4096, 0, threshold, np.full(units, climb, np.int16)),
                method.teachers[PROTOTYPES],
            ),
            Layer(NOVELTY, Cuba(4096, 0, 2 * steps - 1, np.full(1, 2, np.int16))),
            Layer(CLASSES, Cuba(4096, 4096, 32, np.zeros(classes, np.int16))),
        ),
        (
            Connection(INPUT, PROTOTYPES, Dense(np.zeros((units, inputs), np.int16)), rule),
            Connection(PROTOTYPES, PROTOTYPES, Dense(lateral, exponent=(threshold >> 8).bit_length())),
            Connection(PROTOTYPES, NOVELTY, Dense(np.full((1, units), -256, np.int16))),
            Connection(PROTOTYPES, CLASSES, Dense(belongs)),
        ),
    )
