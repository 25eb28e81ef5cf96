"""Brian2, its leaky neurons updated once a step, its synapses listed one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders.contender import Contender, Job, Layers, serve

HELD = 16
"""Samples of input that a network holds; later ones begin again."""


class Brian(Contender):
    """Float neurons, one sample after another without a reset, because a network has no batch axis."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        if job.meta["unportable"]:
            raise ValueError(job.meta["unportable"])
        if any(layer["synapse"] == "convolution" for layer in job.meta["layers"]):
            raise ValueError("no convolutions, and their synapses listed one by one are too many")
        self._groups: dict[str, Any] = {}
        self._network = self.build()

    def build(self) -> Any:
        """Make the network."""
        import brian2

        brian2.defaultclock.dt = 1 * brian2.ms
        network = brian2.Network(self.clock())
        previous: Any = None
        for layer in self.job.meta["layers"]:
            name, units, sums = layer["name"].replace("-", "_"), layer["units"], layer["kind"] == "sum"
            group = brian2.NeuronGroup(
                units,
                "v : 1\narrived : 1\nsent : integer",
                threshold=f"v > {layer['threshold'] + 0.5 / 64}",
                reset="v = 0\nsent += 1",
                name=name,
            )
            drive = " + image(t, i)" if layer["synapse"] == "direct" else ""
            if drive:
                images = self.job.drive(0, HELD)
                group.namespace["image"] = brian2.TimedArray(images, dt=self.job.steps * brian2.ms)
            keep = 1.0 if sums else 1 - layer["leak"]
            group.run_regularly(f"v = {keep} * v + arrived{drive}\narrived = 0", when="start")
            network.add(group)
            self._groups[layer["name"]] = group
            if not drive:
                source = previous or brian2.SpikeGeneratorGroup(*self._spikes(), name="host")
                synapses = brian2.Synapses(source, group, "w : 1", on_pre="arrived_post += w")
                self._fill(synapses, layer)
                network.add(source, synapses)
            previous = group
        return network

    def work(self, start: int, batch: int) -> Callable[[], object]:  # noqa: ARG002  # samples follow one another
        """Let the network run on for the steps of the batch."""
        return lambda: self.advance(batch * self.job.steps)

    def advance(self, steps: int) -> None:
        """Run this many steps."""
        import brian2

        self._network.run(steps * brian2.ms)

    def seconds(self, batch: int, repeats: int) -> float:
        """Time from the beginning of the first sample to that of the last, so without the making of code."""
        self._begun.clear()
        self.advance((batch * repeats + 1) * self.job.steps)
        return (self._begun[-1] - self._begun[0]) / ((len(self._begun) - 1) * self.job.steps)

    def clock(self) -> Any:
        """Make what notes the time as a sample begins."""
        import brian2

        self._begun: list[float] = []
        note = lambda: self._begun.append(time.perf_counter())  # noqa: E731  # Brian2 wants a function without self
        return brian2.NetworkOperation(note, dt=self.job.steps * brian2.ms, when="start", name="clock")

    def layers(self, samples: int) -> Layers:
        """Return spike counts as if all had been sent in one step, shape (1, spikes, 1)."""
        counts = dict.fromkeys(self._groups, 0)
        self._network = self.build()
        for _ in range(samples):
            for group in self._groups.values():
                self.rest(group)
            self.advance(self.job.steps)
            for name, group in self._groups.items():
                counts[name] += self.sent(group)
        return {name: np.ones((1, count, 1), np.uint8) for name, count in counts.items()}

    def rest(self, group: Any) -> None:
        """Set a group to rest."""
        group.v, group.arrived, group.sent = 0, 0, 0

    def sent(self, group: Any) -> int:
        """Return the spikes since the group was at rest; a sum that never fires sends none."""
        return int(np.sum(group.sent))

    def _spikes(self) -> tuple[int, NDArray[Any], Any]:
        import brian2

        units, indices, times = spike_times(self.job.messages(0, HELD))
        return units, indices, times * brian2.ms

    def _fill(self, synapses: Any, layer: Mapping[str, Any]) -> None:
        synapses.connect()
        synapses.w = self.job.arrays[f"{layer['name']}.weight"].T.ravel()


def spike_times(spikes: NDArray[Any]) -> tuple[int, NDArray[Any], NDArray[Any]]:
    """Return units, indices and steps of spikes of shape (samples, steps, units), one sample after another."""
    steps, indices = np.nonzero(spikes.reshape(-1, spikes.shape[-1]))
    return spikes.shape[-1], indices, steps


if __name__ == "__main__":
    serve(Brian)
