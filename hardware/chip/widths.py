"""Widths of the Loihi family's arithmetic, each number once, with its source.

Sources: [L] the fixed-point process models of lava-nc 0.10.0 (``lava.proc.lif.models``,
``lava.magma.core.learning.constants``); [B] Intel, "Taking Neuromorphic Computing with Loihi 2 to the Next
Level", technology brief (2021); [D] Davies et al., "Loihi: A Neuromorphic Manycore Processor with On-Chip
Learning", IEEE Micro 38(1), 2018; [N] nengo-loihi, ``hardware/``.
"""

from __future__ import annotations

STATE_BITS = 24
"""Width of current u and voltage v, sign included [L]."""
STATE_LIMIT = 1 << (STATE_BITS - 1)
"""2^23: u wraps beyond it, v saturates just below it [L]."""
DECAY_BITS = 12
DECAY_UNITY = 1 << DECAY_BITS
"""Decay constants are fractions of 4096; 4096 forgets everything in one step [L]."""
ALIGN_SHIFT = 6
"""Synaptic input and thresholds are shifted left by 6 to meet the 24-bit state [L]."""
THRESHOLD_MANTISSA_MAX = (1 << 17) - 1
"""17-bit unsigned threshold mantissa [L]."""
BIAS_MANTISSA_LIMIT = 1 << 12
"""13-bit signed bias mantissa: -4096..4095 [L]."""
BIAS_EXPONENT_MAX = 7
"""3-bit unsigned bias exponent [L]."""
WEIGHT_BITS = 8
WEIGHT_LIMIT = 1 << WEIGHT_BITS
"""Mixed-sign weights span -256..254 in steps of two; single-sign weights 0..255 in magnitude [L]."""
WEIGHT_EXPONENT_MIN, WEIGHT_EXPONENT_MAX = -8, 7
"""Shared exponent of a synapse group [N]."""
DELAY_MAX = 63
"""6-bit synaptic delay: 0..63 further steps [L]."""
REFRACTORY_MAX = 63
"""6-bit refractory delay [D]; 1 means none."""
MESSAGE_BITS_MAX = 32
"""Widest payload of a graded spike [B]."""
ACCUMULATOR_LIMIT = 1 << 24
"""A dendrite's sum of weights must stay below this, so that 32-bit arithmetic after the shift by 6 is exact."""

TRACE_BITS = 7
TRACE_MAX = (1 << TRACE_BITS) - 1
"""Pre- and postsynaptic traces: 0..127; a graded third factor: -128..127 [L]."""
LEARNING_ACCUMULATOR_BITS = 15
LEARNING_ACCUMULATOR_MIN = -(1 << LEARNING_ACCUMULATOR_BITS) - 1
LEARNING_ACCUMULATOR_MAX = (1 << LEARNING_ACCUMULATOR_BITS) - 1
"""Learning products accumulate in 15 bits and a sign; Lava's lower bound lies one below those [L]."""
LEARNING_FRACTION_BITS = LEARNING_ACCUMULATOR_BITS - WEIGHT_BITS
"""Fractional bits of a weight inside the learning accumulator [L]."""
LEARNING_MANTISSA_BITS = 4
"""Scaling constants of a learning rule: mantissa -7..7 [L]."""
LEARNING_CONSTANT_LIMIT = 1 << 8
"""Constants that are added to a factor: -256..255, by Lava's 8 bits without the sign [L]."""
LEARNING_FACTOR_BITS_MAX = 28
"""Factors of a product together; with more, the 32-bit products of Lava's model overflow."""
TAG_MIN, TAG_MAX = -WEIGHT_LIMIT - 1, WEIGHT_LIMIT - 1
"""A synapse's tag; Lava's lower bound lies one below its 8 bits and a sign [L]."""
DELAY_TAG_MAX = WEIGHT_LIMIT - 1
"""A synapse's learned delay (Lava's ``tag_2``): 0..255 [L]."""
LEARNING_EXPONENT_MIN, LEARNING_EXPONENT_MAX = -7, 8
"""Scaling exponent; at 9 the largest product would overflow the 32 bits of Lava's model."""
TRACE_TAU_MAX = 4095
"""Longest time constant of a trace, steps; Lava names no limit, this one is ours."""
EPOCH_MAX = 63
"""A learning epoch is counted in 6 bits [L]."""
