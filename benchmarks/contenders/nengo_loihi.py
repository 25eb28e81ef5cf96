"""nengo-loihi's emulator of the chip, below its compiler: blocks of integer compartments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders.contender import Contender, Job, Layers, serve

LIMIT = (1 << 23) - 1
"""Largest voltage."""


class NengoLoihi(Contender):
    """The chip's integers; a block for each layer, without the chip's limits on the size of a block."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        if job.meta["unportable"]:
            raise ValueError(job.meta["unportable"])
        if any(layer["synapse"] == "convolution" for layer in job.meta["layers"]):
            raise ValueError("convolutions only through its compiler, which chooses its own integers")
        from nengo_loihi.builder import Model
        from nengo_loihi.emulator import EmulatorInterface

        model = Model()
        self._host: Any = None
        self._blocks = [self._block(model, layer) for layer in job.meta["layers"]]
        self._emulator = EmulatorInterface(model, seed=0)

    def work(self, start: int, batch: int) -> Callable[[], object]:
        """Make the input of the batch."""
        samples = [self._input(start + index) for index in range(batch)]

        def run() -> None:
            for sample in samples:
                self._run(sample)

        return run

    def layers(self, samples: int) -> Layers:
        """Return spike counts as if all had been sent in one step, shape (1, spikes, 1)."""
        counts = np.zeros(self._emulator.compartment.n_compartments, np.int64)
        for index in range(samples):
            before = self._emulator.compartment.spike_count.copy()
            self._run(self._input(index))
            counts += self._emulator.compartment.spike_count - before
        slices = [self._emulator.block_info.slices[block] for block in self._blocks]
        names = [layer["name"] for layer in self.job.meta["layers"]]
        return {
            name: np.ones((1, int(counts[part].sum()), 1), np.uint8)
            for name, part in zip(names, slices, strict=True)
        }

    def _input(self, index: int) -> list[NDArray[Any]] | NDArray[Any]:
        """Return a sample: an image, or for each step the units that fire."""
        values = self.job.messages(index, 1)[0]
        return values[0] if self.job.meta["images"] else [np.flatnonzero(step) for step in values]

    def _run(self, sample: Any) -> None:
        emulator = self._emulator
        state = emulator.compartment
        for values in (state.voltage, state.current, state.spiked, state.ref_count):
            values[:] = 0
        if self._host is None:
            state.bias[: len(sample)] = sample
        else:
            for step, units in enumerate(sample[:-1]):  # the last would arrive in the next sample
                self._host.add_spikes(emulator.t + 1 + step, units)
        emulator.run_steps(self.job.steps)

    def _block(self, model: Any, layer: Mapping[str, Any]) -> Any:
        from nengo_loihi.block import Axon, LoihiBlock, Synapse
        from nengo_loihi.inputs import SpikeInput

        units, sums = layer["units"], layer["kind"] == "sum"
        block = LoihiBlock(units, label=layer["name"])
        compartment = block.compartment
        everywhere = {
            "decay_u": 0 if sums else 4095,
            "decay_v": 4096 if sums else round(layer["leak"] * 4096),
            "vth": layer["threshold"] * 64,
            "bias": 0,
        }
        for name, value in everywhere.items():
            setattr(compartment, name, np.full(units, value, np.int32))
        compartment.refract_delay = np.ones(units, np.int32)
        compartment.scale_u = compartment.scale_v = False
        compartment.vmin, compartment.vmax = -LIMIT, LIMIT
        model.add_block(block)
        if layer["synapse"] == "direct":
            return block
        weights = self.job.arrays[f"{layer['name']}.weight"].astype(np.int32).T * 64
        synapse = Synapse(len(weights))
        synapse._set_weights_indices(list(weights), weight_dtype=np.int32)
        block.add_synapse(synapse)
        axon = Axon(len(weights))
        axon.target = synapse
        if len(model.blocks) > 1:
            list(model.blocks)[-2].add_axon(axon)
        else:
            self._host = SpikeInput(len(weights))
            self._host.add_axon(axon)
            model.add_input(self._host)
        return block


if __name__ == "__main__":
    serve(NengoLoihi)
