"""snnTorch's ``Leaky`` neurons, reset to zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.contenders.contender import serve
from benchmarks.contenders.torch_chain import HALF, TorchChain


class SnnTorch(TorchChain):
    """Float neurons that compute what ours do, without rounding."""

    def neurons(self, layer: Mapping[str, Any]) -> Callable[[Any], Any]:
        """Make ``Leaky`` neurons."""
        import snntorch
        import torch

        leaky = snntorch.Leaky(beta=1 - layer["leak"], threshold=layer["threshold"] + HALF, reset_mechanism="zero")

        def run(arrived: Any) -> Any:
            voltage, sent = torch.zeros_like(arrived[0]), []
            for step in arrived:
                spikes, voltage = leaky(step, voltage)
                sent.append(spikes)
            return torch.stack(sent)

        return run


if __name__ == "__main__":
    serve(SnnTorch)
