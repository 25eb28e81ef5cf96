"""Comparing the reference with others part by part, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from cli.output import Output

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cli.sessions import Meter
    from hardware.parity import Comparison
    from hardware.program import Program
    from hardware.session import Session
    from hardware.traces import TraceComparison
    from lava_fed.data.dataset import DataSet
    from lava_fed.data.source import Source

    Traces = Mapping[str, NDArray[Any]]

REFERENCE = "emulator"
SLAYER = "slayer"
"""Not a backend: SLAYER's own quantized neurons."""


class Contender:
    """One that is compared with the reference, and what has come of it so far.

    Parameters
    ----------
    name : str
        A backend, ``SLAYER`` or a file.
    program : Program
        What runs.

    Attributes
    ----------
    refused : str
        Why it cannot run this Program; empty where it can.
    notes : tuple of str
        What a reader of the comparison must know.
    right : int
        Samples that it labelled rightly.
    """

    def __init__(self, name: str, program: Program) -> None:
        self.name, self.program = name, program
        self.refused, self.right = "", 0
        self.notes: tuple[str, ...] = ()
        self._layers: dict[str, TraceComparison] = {}
        self._states: dict[str, TraceComparison] = {}

    def add(self, samples: int, reference: tuple[Traces, Traces], own: tuple[Traces, Traces]) -> None:
        """Compare a part: messages, then states; ``samples`` are those of the whole run."""
        from hardware.errors import LavaFedError
        from hardware.traces import TraceComparison

        for kept, expected, found in zip((self._layers, self._states), reference, own, strict=True):
            if set(expected) != set(found):
                raise LavaFedError(f"cannot compare layers {sorted(expected)} with {sorted(found)}")
            for name, trace in expected.items():
                if name not in kept:
                    shapes = [(samples, *each.shape[1:]) for each in (trace, found[name])]
                    kept[name] = TraceComparison(name, *shapes)
                kept[name].add(trace, found[name])

    def count(self, part: DataSet, spikes: Traces) -> None:
        """Count the samples of a part that are labelled rightly."""
        from hardware.counters import Counters
        from hardware.run_result import RunResult

        if part.y is not None:
            winners = RunResult(spikes, {}, Counters()).scores(self.program.network.output.name).argmax(axis=1)
            self.right += int((winners == part.y).sum())

    @property
    def comparison(self) -> Comparison:
        """What came of it, once all parts have been added."""
        from hardware.parity import Comparison

        if self.refused:
            return Comparison(self.name, refused=self.refused, notes=self.notes)
        layers = tuple(each.result for each in self._layers.values())
        return Comparison(self.name, layers, tuple(each.result for each in self._states.values()), "", self.notes)


class Recording(Contender):
    """A file with the trace of one layer.

    Parameters
    ----------
    name : str
        The file.
    program : Program
        What runs.
    trace : array, shape (samples, steps, units)
        What it holds.
    layer : str
        What it shows.
    shape : (int, int)
        Samples and steps of the run.
    lag : int
        Step k of the run is step k + lag of the file.

    Raises
    ------
    LavaFedError
        Where the file cannot show that layer of this run.
    """

    def __init__(
        self, name: str, program: Program, trace: NDArray[Any], layer: str, shape: tuple[int, int], lag: int
    ) -> None:
        from hardware.errors import LavaFedError
        from hardware.traces import TraceComparison

        super().__init__(name, program)
        units = program.network.layer(layer).units
        if trace.shape[2] != units:
            raise LavaFedError(
                f"{name} shows {trace.shape[2]:,} units, and layer {layer!r} has {units:,}; name the layer "
                "that it shows with --layer"
            )
        self._layer, self._trace, self._done = layer, trace, 0
        self._layers[layer] = TraceComparison(layer, (*shape, units), trace.shape, lag=lag)

    def read(self, spikes: Traces) -> None:
        """Compare the next samples."""
        ours = spikes[self._layer]
        self._layers[self._layer].add(ours, self._trace[self._done : self._done + len(ours)])
        self._done += len(ours)


def compare_all(
    program: Program,
    source: Source,
    others: Sequence[Contender],
    *,
    layers: Sequence[str] | None,
    states: Sequence[str],
    output: Output,
) -> tuple[str, dict[str, float] | None]:
    """Run all samples on the reference and on each of the others, and let the others note what differs.

    Parameters
    ----------
    program : Program
        What runs.
    source : Source
        The samples; all of them are taken.
    others : sequence of Contender
        Whom to compare with.
    layers, states : sequence of str
        What is compared; ``None`` stands for all layers.
    output : Output
        Shows the progress.

    Returns
    -------
    digest : str
        Of the input.
    accuracy : dict of str to float, or None
        Share of samples that the reference and each of those that ran labelled rightly; ``None`` without labels.

    Raises
    ------
    LavaFedError
        Where a backend is unknown, cannot run here or fails, or input and Program do not fit.
    """
    from cli.sessions import Meter, compile_emulator, parts
    from compile.slayer.availability import availability
    from hardware import registry
    from hardware.streaming import sample_bytes
    from lava_fed.data.digest import Digest

    reference = Contender(REFERENCE, program)
    running = [each for each in others if not isinstance(each, Recording)]
    digest = Digest((source.samples, source.steps, source.units), source.classes, source.y is not None)
    counted = source.samples * (1 + len(running))
    with ExitStack() as opened, output.progress("Comparing", counted * source.steps) as bar:
        sessions: dict[str, Session] = {}
        for each in (reference, *running):
            if each.name == SLAYER:
                availability().require("SLAYER")
            else:
                loaded = registry.find("backend", each.name)().load(program)
                sessions[each.name] = opened.enter_context(loaded)
        compile_emulator(bar)
        meter = Meter(bar, counted, source.steps)
        recorded = sample_bytes(program.network, source.steps, probes=states, layers=layers)
        for part in parts(source, source.sample_bytes + 2 * recorded, list(sessions.values())):
            digest.add(part.x)
            result = meter.run(sessions[REFERENCE], part.x, states, layers)
            reference.count(part, result.spikes)
            for each in others:
                if isinstance(each, Recording):
                    each.read(result.spikes)
                    continue
                probes = {} if each.name == SLAYER else result.probes
                own = _run(each, part, sessions.get(each.name), list(probes), meter, alone=len(others) == 1)
                if own is not None:
                    each.add(source.samples, (result.spikes, probes), own)
                    each.count(part, own[0])
    if source.y is None:
        return digest.value(None), None
    ran = [each for each in (reference, *running) if not each.refused]
    return digest.value(source.y), {each.name: each.right / source.samples for each in ran}


def _run(
    other: Contender, part: DataSet, session: Session | None, probes: list[str], meter: Meter, *, alone: bool
) -> tuple[Traces, Traces] | None:
    """Run a part on another; what SLAYER cannot express is an error only where nothing else is compared."""
    from compile.slayer.forward import quantized_forward
    from hardware.errors import LavaFedError

    if session is not None:
        result = meter.run(session, part.x, probes, None)
        return result.spikes, result.probes
    if not other.refused:
        try:
            found = quantized_forward(other.program, part.x)
        except LavaFedError as error:
            if alone:
                raise
            other.refused = str(error)
    meter.ran(len(part))
    return None if other.refused else (found, {})
