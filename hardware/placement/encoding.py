"""How synapses can lie in the memory of a core.

A list of targets belongs to each axon. Dense, it holds a weight for every neuron of the core that the connection
leads to; sparse, a weight and an index for those that are joined. A convolution can hold each kernel once. The
first two are formats 3 and 0 of Loihi 1 as nengo-loihi writes them (``block.py``, ``SynapseConfig``), without
their block headers and the rounding to words of 64 bits. Loihi 1 shares kernels by population axons (nengo-loihi,
NxTF); that Loihi 2 does so too, and in what format, is assumed: bits of all three are estimates there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Encoding(Enum):
    """A format of synapses, the plainest first."""

    DENSE = "dense"
    SPARSE = "sparse"
    CONVOLUTION = "convolution"


@dataclass(frozen=True)
class Encoded:
    """A connection's synapses on one core in the format that takes the fewest bits.

    Attributes
    ----------
    encoding : Encoding
        The format.
    bits : int
        What it takes there.
    """

    encoding: Encoding
    bits: int


def cheapest(bits: Mapping[Encoding, int]) -> Encoded:
    """Choose the format of the fewest bits; the plainer one of equals."""
    best = min((encoding for encoding in Encoding if encoding in bits), key=lambda each: bits[each])
    return Encoded(best, bits[best])
