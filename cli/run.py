"""``lava-fed run``: a Program on a backend."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.imperfection import PROFILE_HELP, Seed
from cli.options import Input, Json, Steps
from cli.output import Output

if TYPE_CHECKING:
    from hardware.counters import Counters
    from hardware.network import Network
    from hardware.run_result import RunResult
    from lava_fed.data.dataset import DataSet
    from lava_fed.data.sink import Sink

EXAMPLE = "lava-fed run digits.h5 --input test.npz --probe readout.v -o out.npz"


def run(
    path: Annotated[Path, typer.Argument(metavar="PROGRAM", help="Program file, or a model to be compiled.")],
    data: Input,
    backend: Annotated[str, typer.Option(help="Backend, see 'lava-fed backends'.")] = "emulator",
    probe: Annotated[
        list[str] | None,
        typer.Option(metavar="LAYER.STATE", help="State to record, as u and v of CUBA neurons; with a teacher m."),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(metavar="LAYER", help="Layer whose spikes are written; all of them by default."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT.npz",
            help="Write spikes (LAYER.spikes) and probes, arrays of shape (samples, steps, units).",
        ),
    ] = None,
    steps: Steps = None,
    mismatch: Annotated[str | None, typer.Option(metavar="PROFILE", help=PROFILE_HELP)] = None,
    device: Annotated[int, typer.Option(min=0, help="Which device of the profile.")] = 0,
    severity: Annotated[float, typer.Option(min=0, help="Factor on all that the profile says.")] = 1.0,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run every sample from rest, count the events, and record what is asked for; memory stays bounded."""
    from cli.imperfection import document as of_device
    from cli.imperfection import on_device, show
    from cli.program_files import open_data, open_program
    from cli.sessions import run_watched
    from cli.target import check_target
    from hardware.errors import LavaFedError
    from lava_fed.data.sink import Sink

    output = Output(as_json)
    if out is not None:
        check_target(out, path, data)
    elif probe:
        raise LavaFedError(f"--probe {probe[0]}: probes are written to a file; name it with -o OUT.npz")
    elif layer:
        raise LavaFedError(f"--layer {layer[0]}: spikes are written to a file; name it with -o OUT.npz")
    program = open_program(path)
    if mismatch is None and (device, severity, seed) != (0, 1.0, 1):
        raise LavaFedError("--device, --severity and --seed choose an imperfect device; add --mismatch PROFILE")
    imperfect = None if mismatch is None else on_device(program, mismatch, device, seed, severity)
    program = program if imperfect is None else imperfect.program
    network = program.network
    names = [each.name for each in network.layers]
    written = [] if out is None else layer or names
    with ExitStack() as opened:
        source = opened.enter_context(open_data(data, program, steps))
        sink = None if out is None else opened.enter_context(Sink(out, source.samples))
        tally = Tally(network.output.name, written, sink)
        kept = [*written, network.output.name]
        run_watched(backend, program, source, output, tally.keep, probe or [], kept)
        for note in source.notes:
            output.note(f"Note: {data.name}: {note}.")
        document = {
            "program": program.digest,
            "backend": backend,
            "samples": source.samples,
            "steps": source.steps,
            "mismatch": None if imperfect is None else of_device(imperfect),
            "accuracy": None,
            "counters": {
                "spikes": dict(tally.counters.spikes),
                "synaptic_operations": dict(tally.counters.synaptic_operations),
                "neuron_updates": dict(tally.counters.neuron_updates),
            },
        }
        title = f"{path.name} on {backend}: {source.samples:,} samples of {source.steps:,} steps"
        if imperfect is not None:
            show(imperfect, output)
        _show(title, network, tally.counters, source.samples, output)
        if source.y is not None:
            from lava_fed.report.numbers import percent

            document["accuracy"] = tally.right / source.samples
            share = percent(tally.right / source.samples)
            output.line(f"Accuracy {share}: {tally.right:,} of {source.samples:,} samples.")
        if sink is not None:
            with output.progress(f"Writing {out}", sink.size) as bar:
                sink.finish(bar.at)
            output.line(f"Wrote {out}.")
            document["out"] = str(out)
    output.document(document)


class Tally:
    """Adds up what comes of each part, and passes on what is to be written.

    Parameters
    ----------
    winner : str
        The layer that classifies.
    written : sequence of str
        Layers whose messages are written.
    sink : Sink or None
        Where to.

    Attributes
    ----------
    counters : Counters
        Events so far.
    right : int
        Samples labelled rightly so far.
    """

    def __init__(self, winner: str, written: list[str], sink: Sink | None) -> None:
        from hardware.counters import Counters

        self._winner, self._written, self._sink = winner, written, sink
        self.counters: Counters = Counters()
        self.right = 0

    def keep(self, part: DataSet, result: RunResult) -> None:
        """Take one part."""
        self.counters = self.counters + result.counters
        if part.y is not None:
            self.right += int((result.scores(self._winner).argmax(axis=1) == part.y).sum())
        if self._sink is not None:
            arrays: dict[str, Any] = {f"{name}.spikes": result.spikes[name] for name in self._written}
            self._sink.add({**arrays, **result.probes})


def _show(title: str, network: Network, counters: Counters, samples: int, output: Output) -> None:
    operations = counters.synaptic_operations
    output.table(
        title,
        ("layer", "units", "spikes", "per unit and sample", "neuron updates", "synaptic operations into it"),
        [
            (
                layer.name,
                f"{layer.units:,}",
                f"{counters.spikes[layer.name]:,}",
                f"{counters.spikes[layer.name] / (layer.units * samples):.2f}",
                f"{counters.neuron_updates[layer.name]:,}",
                f"{sum(operations[connection.name] for connection in network.into(layer.name)):,}",
            )
            for layer in network.layers
        ],
        numeric="lrrrrr",
    )
