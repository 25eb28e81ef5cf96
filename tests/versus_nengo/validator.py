"""Asks nengo-loihi's validators about cores, in the environment that has nengo-loihi, with JSON at both ends.

A case is a dictionary: ``neurons``, ``sources``, ``targets`` of each source, ``out_axons``, ``thresholds``,
``voltage_decays``, ``refractory``, ``exponents`` (one group of synapses for each), ``narrow`` (how many of the
groups, the last ones, have weights of 6 bits), ``traces`` (time constants of groups that learn), ``cores``.
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
from nengo_loihi.block import Axon, LoihiBlock, Synapse
from nengo_loihi.builder.validate import validate_block
from nengo_loihi.hardware.allocators import Greedy
from nengo_loihi.hardware.validate import validate_board


def block_of(case: dict[str, Any]) -> LoihiBlock:
    """Make a block after discretization: every parameter is an integer."""
    block = LoihiBlock(case["neurons"])
    compartment, every = block.compartment, np.arange(case["neurons"])
    thresholds, decays = np.array(case["thresholds"]), np.array(case["voltage_decays"])
    compartment.vth = thresholds[np.minimum(every, len(thresholds) - 1)] * 64
    compartment.decay_v = decays[np.minimum(every, len(decays) - 1)]
    compartment.decay_u = np.full(case["neurons"], 4095)
    compartment.refract_delay = np.full(case["neurons"], case["refractory"])
    narrow = len(case["exponents"]) - case["narrow"]
    for group, exponent in enumerate(case["exponents"]):
        synapse = Synapse(case["sources"])
        synapse.set_weights(np.full((case["sources"], case["targets"]), 2.0, np.float32))
        synapse.format(weight_exp=exponent, **({"weight_bits": 6} if group >= narrow else {}))
        if case["traces"]:
            synapse.set_learning(tracing_tau=case["traces"][group])
        block.add_synapse(synapse)
    if case["out_axons"]:
        axon = Axon(case["out_axons"])
        axon.target = Synapse(case["out_axons"])
        block.add_axon(axon)
    return block


def accepts(case: dict[str, Any]) -> bool:
    """Say whether nengo-loihi would send such cores to the chip."""
    try:
        blocks = [block_of(case) for _ in range(case["cores"])]
        for block in blocks:
            validate_block(block)
        model = SimpleNamespace(inputs=[], blocks=blocks, probes=[])
        validate_board(Greedy()(model, n_chips=1))
    except Exception as error:  # its validators raise errors of several kinds, assertions too
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return False
    return True


if __name__ == "__main__":
    json.dump([accepts(case) for case in json.load(sys.stdin)], sys.stdout)
