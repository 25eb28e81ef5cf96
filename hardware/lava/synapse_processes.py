"""A connection's synapses as a Lava process: Lava's own wherever it computes what the connection says.

Every process is set up so that Lava takes each weight exactly as it is. Lava drops the lowest bit of mixed-sign
weights unless they are said to have nine bits; learned weights may be odd, so plastic connections say that. Fixed
ones lie on their grid, which Lava's truncation leaves alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.lava.call import Calls
from hardware.learning.product import POST_TRACES, PRE_TRACES
from hardware.learning.rule import Graded, LearningRule
from hardware.network import Connection
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode
from hardware.synapses.sparse import Sparse

_BYTE_MAX = 127
"""Lava's ``Conv`` computes sizes in 8 bits."""


def synapses_process(connection: Connection, calls: Calls | None, *, graded: bool = False) -> Any:
    """Return the process of a connection.

    Parameters
    ----------
    connection : Connection
        What it computes.
    calls : Calls or None
        What synapses that learn ask for weights and seed; ``None`` where nothing ever learns.
    graded : bool
        Whether the source sends more than plain spikes.
    """
    from lava.utils import weightutils

    synapse, rule = connection.synapse, connection.rule
    common = {
        "weight_exp": synapse.exponent,
        "num_message_bits": widths.MESSAGE_BITS_MAX if graded else 0,
        "num_weight_bits": synapse.grid.bits if rule is None else 8 + (synapse.grid.sign is SignMode.MIXED),
        "name": connection.name,
    }
    signs = {"sign_mode": weightutils.SignMode[synapse.grid.sign.name]}
    if isinstance(synapse, Dense):
        return _dense(connection, synapse, calls, common | signs)
    if isinstance(synapse, Convolution) and not synapse.transposed:
        return _convolution(synapse, common, graded=graded)
    return _sparse(connection, synapse, calls, common | signs)


def kept(process: Any, name: str) -> Any:
    """Return the Var of a trace, a tag or the weights: in the shape of the connection's weights, not Lava's."""
    listed = f"{name}_listed"
    return getattr(process, listed if hasattr(process, listed) else name)


def join(sender: Any, process: Any, connection: Connection, receivers: list[Any]) -> None:
    """Connect a sender's flat port through the synapses to the receivers' flat ports.

    Lava's convolutions take images as (width, height, channels); units are counted as (channels, height, width).
    """
    synapse = connection.synapse
    if not isinstance(synapse, Convolution) or synapse.transposed:
        sender.connect(process.s_in)
        for receiver in receivers:
            process.a_out.connect(receiver)
        return
    sender.reshape(synapse.source_shape).transpose((2, 1, 0)).connect(process.s_in)
    for receiver in receivers:
        process.a_out.transpose((2, 1, 0)).reshape((synapse.targets,)).connect(receiver)


def driven(connection: Connection, data: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return what reaches the neurons that the host drives directly in one step, 32-bit words.

    Parameters
    ----------
    connection : Connection
        One to one, from the input.
    data : int32 array, shape (inputs,)
        Messages of the host.
    """
    synapse = connection.synapse
    words = np.zeros(synapse.targets, np.int32)
    rows = synapse.source_of if isinstance(synapse, Sparse) else np.arange(synapse.sources)
    words[rows] = data[rows] * synapse.weights.astype(np.int32)
    exponent = synapse.exponent
    return words << exponent if exponent > 0 else words >> -exponent


def buffer(process: Any) -> Any:
    """Return the Var that holds what arrives in the steps to come."""
    return process.a_buff if hasattr(process, "a_buff") else process.a_buf


def _dense(connection: Connection, synapse: Dense, calls: Calls | None, common: dict[str, Any]) -> Any:
    from lava.proc.dense.process import DelayDense
    from lava.proc.dense.process import Dense as LavaDense

    from hardware.lava.processes.delay_dense import WordDelayDense
    from hardware.lava.processes.taught_dense import TaughtDense

    weights = synapse.weights.astype(np.int32)
    if synapse.delays is not None:
        kind = WordDelayDense if common["num_message_bits"] and synapse.exponent < 0 else DelayDense
        return kind(weights=weights, delays=synapse.delays.astype(int), max_delay=synapse.longest_delay, **common)
    if connection.rule is None or calls is None:
        return LavaDense(weights=weights, **common)
    return TaughtDense(weights=weights, **_learning(connection, connection.rule, calls), **common)


def _learning(connection: Connection, rule: LearningRule, calls: Calls) -> dict[str, Any]:
    """Return the parameters of synapses that learn."""
    from lava.magma.core.learning.constants import GradedSpikeCfg
    from lava.magma.core.learning.learning_rule import Loihi2FLearningRule, Loihi3FLearningRule

    modes = {
        Graded.IMPULSE: GradedSpikeCfg.USE_REGULAR_IMPULSE,
        Graded.OVERWRITE: GradedSpikeCfg.OVERWRITE,
        Graded.SATURATE: GradedSpikeCfg.ADD_WITH_SATURATION,
        Graded.OVERFLOW: GradedSpikeCfg.ADD_WITHOUT_SATURATION,
    }
    kind, traces = (Loihi2FLearningRule, POST_TRACES) if rule.two_factor else (Loihi3FLearningRule, ())
    numbers = {
        f"{trace}_{number}": getattr(rule, f"{trace}_{number}")
        for trace in (*PRE_TRACES, *traces)
        for number in ("impulse", "tau")
    }
    return {
        "learning_rule": kind(**rule.texts, **numbers, t_epoch=rule.epoch),
        "graded_spike_cfg": modes[rule.graded],
        "calls": calls,
        "learned_range": connection.learned_range,
    }


def _sparse(connection: Connection, synapse: Any, calls: Calls | None, common: dict[str, Any]) -> Any:
    from lava.proc.sparse.process import Sparse as LavaSparse
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # comes with Lava

    from hardware.lava.processes.taught_sparse import TaughtSparse

    if isinstance(synapse, Sparse):
        ends, weights = (synapse.target_of, synapse.source_of), synapse.weights
        if connection.rule is not None and calls is not None:
            return TaughtSparse(synapse=synapse, **_learning(connection, connection.rule, calls), **common)
    else:
        target_of, source_of, weight_of = synapse.pairs()
        ends, weights = (target_of, source_of), synapse.weights.ravel()[weight_of]
    matrix = csr_matrix((weights.astype(np.int32), ends), (synapse.targets, synapse.sources))
    return LavaSparse(weights=matrix, **common)


def _convolution(synapse: Convolution, common: dict[str, Any], *, graded: bool) -> Any:
    """Return ``Conv``, or ours where Lava's ignores the exponent or its 8 or 32 bits might not do."""
    from lava.proc.conv.process import Conv

    from hardware.lava.processes.convolution import WideConv

    parameters = common | {
        "weight": synapse.weights[:, :, ::-1, ::-1].transpose((0, 3, 2, 1)).astype(np.int32),
        "input_shape": synapse.source_shape[::-1],
        "stride": synapse.stride[::-1],
        "padding": synapse.padding[::-1],
        "dilation": synapse.dilation[::-1],
        "groups": synapse.groups,
    }
    kernel = synapse.weights.shape[2:]
    sizes = [*kernel, *synapse.stride, *(2 * pad for pad in synapse.padding), synapse.groups]
    sizes += [dilation * (taps - 1) + 1 for dilation, taps in zip(synapse.dilation, kernel, strict=True)]
    target = synapse.target_shape[::-1]
    if not graded and synapse.exponent == 0 and max(sizes) <= _BYTE_MAX:
        process = Conv(**parameters)
        if process.a_out.shape == target:
            return process
    return WideConv(target_shape=target, **parameters)
