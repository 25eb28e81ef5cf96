"""SpikingJelly's ``LIFNode`` in its multi-step mode, with a hard reset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.contenders.contender import serve
from benchmarks.contenders.torch_chain import HALF, TorchChain


class SpikingJelly(TorchChain):
    """Float neurons that compute what ours do, without rounding."""

    def neurons(self, layer: Mapping[str, Any]) -> Callable[[Any], Any]:
        """Make ``LIFNode`` neurons."""
        from spikingjelly.activation_based import neuron

        threshold = layer["threshold"] + HALF
        if layer["leak"]:
            node = neuron.LIFNode(1 / layer["leak"], False, threshold, v_reset=0.0, step_mode="m").eval()
        else:
            node = neuron.IFNode(threshold, v_reset=0.0, step_mode="m").eval()

        def run(arrived: Any) -> Any:
            node.reset()
            return node(arrived.contiguous())

        return run


if __name__ == "__main__":
    serve(SpikingJelly)
