"""Small networks in four simulators: each with its own export to NIR and its own spikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 40
Spikes = NDArray[Any]
Made = tuple[Any, Spikes]
Maker = Callable[[Spikes], Made]


@dataclass(frozen=True)
class Case:
    """A network.

    Attributes
    ----------
    simulator : str
        Module that must be installed to make it.
    shape : tuple of int
        Of the input of one step.
    make : callable
        Given the input (steps, ...), returns the NIR graph and the output (steps, units).
    options : mapping of str to str
        How ``read_nir`` is told where it comes from.
    """

    simulator: str
    shape: tuple[int, ...]
    make: Maker
    options: Mapping[str, str]


def spikes(case: Case, seed: int) -> Spikes:
    """Return random input, uint8, shape (steps, ...)."""
    return (np.random.default_rng(seed).random((STEPS, *case.shape)) < 0.4).astype(np.uint8)


def made(case: Case, seed: int) -> tuple[Any, Spikes, Spikes]:
    """Return the NIR graph, the input and the simulator's output for a seed."""
    import torch

    torch.manual_seed(seed)
    inputs = spikes(case, seed)
    with torch.no_grad():
        graph, outputs = case.make(inputs)
    return graph, inputs, outputs


def _frames(inputs: Spikes) -> Any:
    import torch

    return torch.from_numpy(inputs.astype(np.float32))[:, None]


def _rows(outputs: list[Any]) -> Spikes:
    return np.stack([each.detach().numpy().reshape(-1) for each in outputs])


def _louder(module: Any, factor: float = 3.0) -> Any:
    """Scale initial weights so that neurons fire."""
    import torch

    for part in module.modules():
        if isinstance(part, torch.nn.Linear | torch.nn.Conv2d):
            part.weight.mul_(factor)
            if part.bias is not None:
                part.bias.add_(0.05)
    return module


def _snntorch(layers: Callable[[Any, Any], list[Any]]) -> Maker:
    def make(inputs: Spikes) -> Made:
        import snntorch
        import torch
        from snntorch.export_nir import export_to_nir

        net = _louder(torch.nn.Sequential(*layers(torch.nn, snntorch)))
        frames = _frames(inputs)
        graph = export_to_nir(net, frames[0], ignore_dims=[0])
        for part in net:
            if isinstance(part, snntorch.SpikingNeuron):
                part.reset_mem()
        return graph, _rows([net(frame)[0] for frame in frames])

    return make


def _full(value: float, *shape: int) -> Any:
    """Return a parameter for each unit; NIR's own checks refuse one number for a layer."""
    import torch

    return torch.full(shape, value)


def _leaky(nn: Any, snn: Any, **kind: Any) -> list[Any]:
    first = snn.Leaky(_full(0.9, 8), _full(1.0, 8), init_hidden=True, **kind)
    last = snn.Leaky(_full(0.75, 5), _full(0.9, 5), init_hidden=True, output=True, **kind)
    return [nn.Linear(10, 8), first, nn.Linear(8, 5, bias=False), last]


def _synaptic(nn: Any, snn: Any, **kind: Any) -> list[Any]:
    first = snn.Synaptic(_full(0.6, 8), _full(0.9, 8), _full(1.0, 8), init_hidden=True, **kind)
    last = snn.Synaptic(_full(0.5, 5), _full(0.8, 5), _full(1.0, 5), init_hidden=True, output=True, **kind)
    return [nn.Linear(10, 8), first, nn.Linear(8, 5), last]


def _images(nn: Any, snn: Any) -> list[Any]:
    first = snn.Leaky(_full(0.9, 3, 4, 4), _full(1.0, 3, 4, 4), init_hidden=True)
    last = snn.Leaky(_full(0.8, 4), _full(1.0, 4), init_hidden=True, output=True)
    return [nn.Conv2d(2, 3, 3, padding=1), nn.AvgPool2d(2), first, nn.Flatten(), nn.Linear(48, 4), last]


def _recurrent(nn: Any, snn: Any, **kind: Any) -> list[Any]:
    first = snn.RLeaky(beta=0.9, linear_features=8, init_hidden=True, **kind)
    last = snn.RSynaptic(alpha=0.5, beta=0.8, linear_features=5, init_hidden=True, output=True, **kind)
    return [nn.Linear(10, 8), first, nn.Linear(8, 5), last]


def _norse(layers: Callable[[Any, Any], list[Any]], dt: float | None = None) -> Maker:
    def make(inputs: Spikes) -> Made:
        import norse.torch as norse
        import torch

        net = norse.SequentialState(*_louder(torch.nn.Sequential(*layers(torch.nn, norse)), 4.0))
        frames = _frames(inputs)
        graph = norse.to_nir(net, frames[0]) if dt is None else norse.to_nir(net, frames[0], dt=dt)
        state, outputs = None, []
        for frame in frames:
            out, state = net(frame, state)
            outputs.append(out)
        return graph, _rows(outputs)

    return make


def _boxes(nn: Any, norse: Any) -> list[Any]:
    first, last = (
        norse.LIFBoxParameters(tau_mem_inv=_full(300.0, n), v_leak=_full(leak, n), v_th=_full(0.8, n))
        for n, leak in ((8, 0.1), (5, 0.0))
    )
    return [nn.Linear(10, 8), norse.LIFBoxCell(p=first), nn.Linear(8, 5), norse.LIFBoxCell(p=last)]


def _cells(nn: Any, norse: Any) -> list[Any]:
    first, last = (
        norse.LIFParameters(_full(400.0, n), _full(200.0, n), _full(0.0, n), _full(1.0, n)) for n in (8, 5)
    )
    return [nn.Linear(10, 8), norse.LIFCell(p=first), nn.Linear(8, 5), norse.LIFCell(p=last)]


def _readout(nn: Any, norse: Any) -> list[Any]:
    first = norse.LIFBoxParameters(_full(300.0, 3, 3, 3), _full(0.0, 3, 3, 3), _full(1.0, 3, 3, 3))
    last = norse.LIBoxParameters(_full(200.0, 2, 2, 2), _full(0.0, 2, 2, 2))
    return [
        nn.Conv2d(2, 3, 3, stride=2),
        norse.LIFBoxCell(p=first),
        nn.Conv2d(3, 2, 2),
        norse.LIBoxCell(p=last),
    ]


def _integrators(nn: Any, norse: Any) -> list[Any]:
    first, last = (norse.IAFParameters(v_th=_full(1.0, n)) for n in (8, 5))
    return [nn.Linear(10, 8), norse.IAFCell(p=first), nn.Linear(8, 5), norse.IAFCell(p=last)]


def _sinabs(layers: Callable[[Any, Any], list[Any]]) -> Maker:
    def make(inputs: Spikes) -> Made:
        import sinabs.layers as sl
        import torch
        from sinabs.nir import to_nir

        net = _louder(torch.nn.Sequential(*layers(torch.nn, sl)), 4.0)
        frames = _frames(inputs)[:, 0]
        net(frames)
        for part in net:
            if hasattr(part, "reset_states"):
                part.reset_states()
        graph = to_nir(net, frames[:1])
        for part in net:
            if hasattr(part, "reset_states"):
                part.reset_states()
        return graph, _rows(list(net(frames)))

    return make


def _single(kind: Any, **values: Any) -> Any:
    from sinabs.activation import SingleSpike

    return kind(spike_fn=SingleSpike, batch_size=1, **values)


def _leaks(nn: Any, sl: Any) -> list[Any]:
    first = _single(sl.LIFSqueeze, tau_mem=_full(5.0, 8), spike_threshold=_full(0.7, 8))
    last = _single(sl.LIFSqueeze, tau_mem=_full(10.0, 5), spike_threshold=_full(0.3, 5))
    return [nn.Linear(10, 8), first, nn.Linear(8, 5, bias=False), last]


def _sums(nn: Any, sl: Any) -> list[Any]:
    pooled = [nn.Conv2d(2, 3, 3, padding=1, bias=False), _single(sl.IAFSqueeze), sl.SumPool2d(2)]
    return [*pooled, nn.Flatten(), nn.Linear(48, 4, bias=False), _single(sl.IAFSqueeze)]


def _spikingjelly(neurons: Callable[[Any], list[Any]]) -> Maker:
    """SpikingJelly exports from 0.0.0.1.0 on; older ones are exported here by the mapping that its package has."""

    def make(inputs: Spikes) -> Made:
        import nir
        import torch
        from spikingjelly.activation_based import neuron

        first, last = neurons(neuron)
        net = _louder(torch.nn.Sequential(torch.nn.Linear(10, 8), first, torch.nn.Linear(8, 5), last))
        parts: list[Any] = [nir.Input(np.array([10]))]
        for part, units in zip(net, (8, 8, 5, 5), strict=True):
            if isinstance(part, torch.nn.Linear):
                parts.append(nir.Affine(part.weight.detach().numpy(), part.bias.detach().numpy()))
            else:
                parts.append(_jelly_node(nir, part, units))
        return nir.NIRGraph.from_list(*parts), _rows([net(frame) for frame in _frames(inputs)])

    return make


def _jelly_node(nir: Any, part: Any, units: int, dt: float = 1e-4) -> Any:
    rest = 0.0 if part.v_reset is None else part.v_reset
    values = {"v_threshold": part.v_threshold, "v_reset": rest}
    if not hasattr(part, "decay_input"):
        return nir.IF(np.full(units, 1 / dt), **{key: np.full(units, value) for key, value in values.items()})
    tau = float(part.tau) if hasattr(part, "tau") else float(1 / part.w.sigmoid())
    values |= {"tau": tau * dt, "r": 1.0 if part.decay_input else tau, "v_leak": rest}
    return nir.LIF(**{key: np.full(units, value) for key, value in values.items()})


SNN = {"simulator": "snntorch"}
NORSE = {"simulator": "norse"}
JELLY = {"simulator": "spikingjelly"}
CASES: Mapping[str, Case] = {
    "snntorch_leaky": Case("snntorch", (10,), _snntorch(_leaky), SNN),
    "snntorch_leaky_zero": Case(
        "snntorch",
        (10,),
        _snntorch(lambda nn, snn: _leaky(nn, snn, reset_mechanism="zero")),
        {**SNN, "reset": "zero"},
    ),
    "snntorch_synaptic": Case("snntorch", (10,), _snntorch(_synaptic), SNN),
    "snntorch_synaptic_zero": Case(
        "snntorch",
        (10,),
        _snntorch(lambda nn, snn: _synaptic(nn, snn, reset_mechanism="zero")),
        {**SNN, "reset": "hold"},
    ),
    "snntorch_recurrent_zero": Case(
        "snntorch",
        (10,),
        _snntorch(lambda nn, snn: _recurrent(nn, snn, reset_mechanism="zero")),
        {**SNN, "reset": "hold"},
    ),
    "snntorch_images": Case("snntorch", (2, 8, 8), _snntorch(_images), SNN),
    "snntorch_recurrent": Case("snntorch", (10,), _snntorch(_recurrent), SNN),
    "norse_lif_box": Case("norse", (10,), _norse(_boxes), NORSE),
    "norse_lif_box_dt": Case("norse", (10,), _norse(_boxes, 1.0), {**NORSE, "dt": "1e-3"}),
    "norse_lif": Case("norse", (10,), _norse(_cells), NORSE),
    "norse_readout": Case("norse", (2, 8, 8), _norse(_readout), NORSE),
    "norse_iaf": Case("norse", (10,), _norse(_integrators), NORSE),
    "sinabs_lif": Case("sinabs", (10,), _sinabs(_leaks), {"simulator": "sinabs"}),
    "sinabs_iaf_images": Case("sinabs", (2, 8, 8), _sinabs(_sums), {"simulator": "sinabs"}),
    "spikingjelly_if": Case("spikingjelly", (10,), _spikingjelly(lambda n: [n.IFNode(), n.IFNode()]), JELLY),
    "spikingjelly_if_soft": Case(
        "spikingjelly",
        (10,),
        _spikingjelly(lambda n: [n.IFNode(v_reset=None), n.IFNode(v_reset=None)]),
        {**JELLY, "reset": "subtract"},
    ),
    "spikingjelly_lif": Case(
        "spikingjelly",
        (10,),
        _spikingjelly(lambda n: [n.LIFNode(v_reset=-0.2), n.LIFNode(tau=3.0, decay_input=False)]),
        JELLY,
    ),
    "spikingjelly_plif_soft": Case(
        "spikingjelly",
        (10,),
        _spikingjelly(lambda n: [n.ParametricLIFNode(v_reset=None), n.LIFNode(v_reset=None)]),
        {**JELLY, "reset": "subtract"},
    ),
}
"""Every network, by the name of its files in ``golden``."""
