"""Bytes of spikes in each form: input and layers of a network that has learned.

python -m benchmarks spike_bytes [--images N] [--page]
    --page writes what was measured into docs/communication.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.child import ROOT
from benchmarks.federated_bits_results import PAGE
from benchmarks.section import markdown, replace_section
from benchmarks.table import Table
from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.data.images import Images
from lava_fed.spike_codec.train import FORMS, decode, encode

DATA = ROOT.parent / "shared" / "data" / "mnist"
NETWORK = "784-128-10"
LEARNED = 2000
BEGIN = "<!-- results: written by python -m benchmarks spike_bytes --page -->"
END = "<!-- end of results of spike_bytes -->"


@dataclass(frozen=True)
class Source:
    """A train whose bytes are counted.

    Attributes
    ----------
    name : str
        What sends it.
    train : SpikeTrain
        Of all images.
    """

    name: str
    train: SpikeTrain


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    try:
        with errors.status("learning"):
            found = table(sources(options.data, options.images), options.images)
        if options.page:
            replace_section(PAGE, BEGIN, END, markdown(found))
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    drawn = RichTable(title=found.title, title_justify="left")
    for name in found.header:
        drawn.add_column(name)
    for row in found.rows:
        drawn.add_row(*row)
    console.print(drawn)
    return 0


def sources(data: Path, images: int) -> list[Source]:
    """Return the spikes of test images, of the hidden layer that learned from others, and a train of chance."""
    program = compile_model(Path(NETWORK), learn="direct_feedback", options={"seed": "1"})
    shown = Images.read(data, "test").take(slice(images))
    with EmulatorBackend().load(program) as session:
        session.write_weights(program.weights())
        lesson = Images.read(data, "train").take(slice(LEARNED))
        session.learn(lesson.x, lesson.y, seed=1, layers=[])
        result = session.run(shown.x)
    layers = [Source(f"layer {name}", SpikeTrain(result.spikes[name])) for name in result.spikes]
    rates = np.random.default_rng(1).random(shown.x.values.shape) < 0.05
    return [Source("MNIST input", shown.x), *layers, Source("5 % at random", SpikeTrain(rates.astype(np.uint8)))]


def table(found: Sequence[Source], images: int) -> Table:
    """Return the bytes of each source in each form."""
    rows = []
    for source in found:
        train = source.train
        cells = [_cell(train, name) for name in FORMS]
        kind = "graded" if train.graded else "plain"
        rows.append(
            (source.name, f"{train.steps} x {train.units}, {kind}", f"{train.total() / images:.1f}", *cells)
        )
    header = ("what", "steps x units", "messages of an image", *(f"{name}, bytes (us)" for name in FORMS))
    notes = (
        f"Means over {images:,} test images that are one message, frame included; in brackets the time to write "
        f"and read. {NETWORK} has learned from {LEARNED:,} images.",
    )
    return Table("Bytes of an image's spikes", header, tuple(rows), notes)


def _cell(train: SpikeTrain, form: str) -> str:
    if train.graded and not FORMS[form].grades:
        return "refused"
    decode(encode(train.take(slice(1)), form))  # what is compiled once does not count
    began = time.perf_counter()
    data = encode(train, form)
    back = decode(data)
    seconds = time.perf_counter() - began
    if not np.array_equal(back.values, train.values):
        raise LavaFedError(f"form {form} did not return the spikes that it was given")
    return f"{len(data) / train.samples:.1f} ({1e6 * seconds / train.samples:.0f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks spike_bytes", description="Bytes of spikes in each form."
    )
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="with MNIST's four files")
    parser.add_argument("--images", type=int, default=500, metavar="N", help="test images (500)")
    parser.add_argument("--page", action="store_true", help="write the table into docs/communication.md")
    return parser
