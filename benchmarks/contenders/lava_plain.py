"""Lava's CPU simulator as its own users run it: a plain graph of Lava's processes, only the output read.

A ``.net`` file is loaded by lava-dl's ``netx``; other networks become Lava's ``Dense`` and ``LIF``. One graph runs
all samples, one after another, without a reset between them, so that start-up is paid once. An image is given as
the bias of the input's neurons, or to sigma-delta neurons by a source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.contenders.contender import Contender, Job, Layers, serve
from hardware.neurons.cuba import Cuba
from hardware.program import Program

READ_BACK = 16
"""Steps of output that the sink holds."""


class LavaPlain(Contender):
    """A graph of Lava's own processes."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        from lava.magma.core.run_configs import Loihi2SimCfg

        self._output = _from_file(job) if job.meta["file"] else _from_program(job)
        self._configuration = Loihi2SimCfg(select_tag="fixed_pt")

    def work(self, start: int, batch: int) -> Callable[[], object]:  # noqa: ARG002  # samples follow one another
        """Let the graph run on for the steps of the batch; a source of spikes repeats its few samples."""
        from lava.magma.core.run_conditions import RunSteps

        condition = RunSteps(num_steps=batch * self.job.steps)
        return lambda: self._output.run(condition=condition, run_cfg=self._configuration)

    def layers(self, samples: int) -> Layers:  # noqa: ARG002  # there is nothing to tell
        """Return nothing: who reads only the output cannot tell; ``lava_session`` does."""
        return {}


def _from_file(job: Job) -> Any:
    from lava.lib.dl import netx
    from lava.proc.io.source import RingBuffer

    loaded = netx.hdf5.Network(net_config=job.meta["file"])
    first = Program.load(job.folder / "program.h5").network.layers[0]
    neuron = loaded.in_layer.neuron
    shape = neuron.a_in.shape
    units = job.messages(0, 1)[0, 0]
    messages = units.reshape(shape[::-1]).T if len(shape) == 3 else units.reshape(shape)
    if isinstance(first.neuron, Cuba):
        neuron.bias_mant.init = (messages // 64).astype(np.int32)
        neuron.bias_exp.init = 6
    else:
        source = RingBuffer(data=np.repeat(messages[..., None].astype(np.int32), job.steps, axis=-1))
        source.s_out.connect(neuron.a_in)
    return _sink(loaded.out)


def _from_program(job: Job) -> Any:
    from lava.proc.dense.process import Dense
    from lava.proc.io.source import RingBuffer
    from lava.proc.lif.process import LIF

    network = Program.load(job.folder / "program.h5").network
    spikes = job.messages(0, min(job.samples, READ_BACK))
    sent = RingBuffer(data=spikes.reshape(-1, network.inputs).T.astype(np.int32)).s_out
    for layer in network.layers:
        cuba, synapse = layer.neuron, network.into(layer.name)[0].synapse
        if not isinstance(cuba, Cuba) or type(cuba.current_decay) is not int:
            raise TypeError(f"layer {layer.name} is no plain leaky neuron")
        dense = Dense(weights=synapse.weights.astype(np.int32))
        neurons = LIF(
            shape=(layer.units,),
            du=cuba.current_decay - 1,
            dv=cuba.voltage_decay,
            vth=cuba.threshold,
            bias_mant=0,
        )
        sent.connect(dense.s_in)
        dense.a_out.connect(neurons.a_in)
        sent = neurons.s_out
    return _sink(sent)


def _sink(sent: Any) -> Any:
    from lava.proc.io.sink import RingBuffer

    sink = RingBuffer(shape=sent.shape, buffer=READ_BACK)
    sent.connect(sink.a_in)
    return sink


if __name__ == "__main__":
    serve(LavaPlain)
