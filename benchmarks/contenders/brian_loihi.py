"""brian2-loihi: the chip's neurons as equations of Brian2."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.contenders.brian import HELD, Brian, spike_times
from benchmarks.contenders.contender import serve


class BrianLoihi(Brian):
    """The chip's integers; where images drive an encoder, its spikes are given, for these neurons know no bias."""

    def build(self) -> Any:
        """Make the network."""
        import brian2_loihi

        layers = self.job.meta["layers"]
        if layers[0]["synapse"] == "direct":
            spikes = np.load(self.job.folder / "encoder.npy")
            layers = layers[1:]
        else:
            spikes = self.job.messages(0, HELD)
        objects: list[Any] = [brian2_loihi.LoihiSpikeGeneratorGroup(*spike_times(spikes), name="host")]
        previous = objects[0]
        for layer in layers:
            sums = layer["kind"] == "sum"
            group = brian2_loihi.LoihiNeuronGroup(
                layer["units"],
                refractory=1,
                threshold_v_mant=layer["threshold"],
                decay_v=4096 if sums else round(layer["leak"] * 4096),
                decay_I=0 if sums else 4096,
                name=layer["name"].replace("-", "_"),
            )
            synapses = brian2_loihi.LoihiSynapses(previous, group, sign_mode=1, delay=0)
            synapses.connect()
            synapses.w = self.job.arrays[f"{layer['name']}.weight"].T.ravel().astype(int)
            monitor = brian2_loihi.LoihiSpikeMonitor(group)
            objects += [group, synapses, monitor]
            self._groups[layer["name"]] = (group, monitor, [0])
            previous = group
        return brian2_loihi.LoihiNetwork(*objects, self.clock())

    def advance(self, steps: int) -> None:
        """Run this many steps."""
        self._network.run(steps)

    def rest(self, group: Any) -> None:
        """Set a group to rest, and remember how often it has fired."""
        neurons, monitor, seen = group
        neurons.v, neurons.I = 0, 0
        seen[0] = int(monitor.num_spikes)

    def sent(self, group: Any) -> int:
        """Return the spikes since the group was at rest."""
        return int(group[1].num_spikes) - int(group[2][0])


if __name__ == "__main__":
    serve(BrianLoihi)
