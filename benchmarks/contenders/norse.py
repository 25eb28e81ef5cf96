"""Norse's boxed leaky neurons, which have no memory in their current."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.contenders.contender import serve
from benchmarks.contenders.torch_chain import HALF, TorchChain


class Norse(TorchChain):
    """Float neurons; Norse scales the input by the leak, so the input is divided by it before."""

    def neurons(self, layer: Mapping[str, Any]) -> Callable[[Any], Any]:
        """Make ``LIFBoxCell`` neurons."""
        import norse.torch as norse
        import torch
        from norse.torch.functional.lif_box import LIFBoxFeedForwardState, LIFBoxParameters

        dt, leak = 0.001, layer["leak"]
        if not leak:
            return self._without_leak(layer["threshold"] + HALF)
        parameters = LIFBoxParameters(
            tau_mem_inv=torch.tensor(leak / dt), v_th=torch.tensor(layer["threshold"] + HALF)
        )
        cell = norse.LIFBoxCell(parameters, dt=dt)

        def run(arrived: Any) -> Any:
            state, sent = LIFBoxFeedForwardState(v=torch.zeros_like(arrived[0])), []
            for step in arrived / leak:
                spikes, state = cell(step, state)
                sent.append(spikes)
            return torch.stack(sent)

        return run

    @staticmethod
    def _without_leak(threshold: float) -> Callable[[Any], Any]:
        """Make ``IAFCell`` neurons; there is no leak by which the input could be divided."""
        import norse.torch as norse
        import torch
        from norse.torch.functional.iaf import IAFFeedForwardState, IAFParameters

        cell = norse.IAFCell(IAFParameters(v_th=torch.tensor(threshold)))

        def run(arrived: Any) -> Any:
            state, sent = IAFFeedForwardState(v=torch.zeros_like(arrived[0])), []
            for step in arrived:
                spikes, state = cell(step, state)
                sent.append(spikes)
            return torch.stack(sent)

        return run


if __name__ == "__main__":
    serve(Norse)
