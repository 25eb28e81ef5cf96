"""Bytes of one real update in each codec, beside simpler ways to write the same values.

python -m benchmarks codec_bytes [--page]
    --page writes what was measured into docs/communication.md.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.child import ROOT
from benchmarks.federated_bits_results import PAGE
from benchmarks.section import markdown, replace_section
from benchmarks.table import Table
from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from lava_fed.codec.codec import Change, Codec
from lava_fed.codec.exact import Exact
from lava_fed.codec.lowbit import LowBit
from lava_fed.codec.sign import Sign
from lava_fed.codec.stream import pack, unpack
from lava_fed.codec.threshold import Threshold
from lava_fed.codec.topk import TopK
from lava_fed.data.images import Images
from lava_fed.local.on_chip import OnChip
from lava_fed.local.slayer.trainer import Slayer
from lava_fed.local.trainer import Job, Trainer, Work
from lava_fed.messages.task import Task
from lava_fed.shared import Shared

DATA = ROOT.parent / "shared" / "data" / "fashion_mnist"
NETWORK = "784-32-16-10"
BEFORE, SHOWN = 2000, 300
"""Images that were learned before the round, and in it."""
CODECS: tuple[Codec, ...] = (
    Exact(),
    TopK(fraction=0.01),
    TopK(fraction=0.05),
    TopK(fraction=0.1),
    Threshold(4.0),
    Sign(),
    LowBit(3),
)
TIMES = 5
BEGIN = "<!-- results: written by python -m benchmarks codec_bytes --page -->"
END = "<!-- end of results of codec_bytes -->"


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(width=150), Console(stderr=True)
    try:
        with errors.status("learning"):
            found = [table("on the chip", *on_chip(options.data)), table("by SLAYER", *slayer(options.data))]
        if options.page:
            replace_section(PAGE, BEGIN, END, "\n\n".join(map(markdown, found)))
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    for each in found:
        drawn = RichTable(title=each.title, title_justify="left")
        for name in each.header:
            drawn.add_column(name)
        for row in each.rows:
            drawn.add_row(*row)
        console.print(drawn)
    return 0


def on_chip(data: Path) -> tuple[Change, int]:
    """Return what a whole network learns in a round by its rules, and its weights."""
    shared = Shared.of(compile_model(Path(NETWORK), learn="direct_feedback", options={"seed": "1"}))
    return _learned(OnChip, shared, data)


def slayer(data: Path) -> tuple[Change, int]:
    """Return what a network learns in a round by SLAYER, and its weights."""
    shared = Shared.of(compile_model(Path(NETWORK), options={"seed": "1"}), "all")
    return _learned(Slayer, shared, data)


def _learned(kind: Callable[[EmulatorBackend], Trainer], shared: Shared, data: Path) -> tuple[Change, int]:
    weights = shared.base()
    with kind(EmulatorBackend()) as trainer:
        for turn, (first, last) in enumerate(((0, BEFORE), (BEFORE, BEFORE + SHOWN)), 1):
            samples = Images.read(data, "train").only(np.arange(first, last))
            task = Task(shared.program.digest, turn, turn - 1, 1, turn - 1, turn - 1, weights)
            outcome = trainer.work(Job(shared, shared.program, task, samples, "device-0", Work()))
            weights = _moved(shared, weights, outcome.change)
    return outcome.change, shared.size


def _moved(
    shared: Shared, weights: Mapping[str, NDArray[np.int16]], change: Change
) -> dict[str, NDArray[np.int16]]:
    moved = {}
    for connection in shared.connections:
        step = connection.step << 16
        wanted = (weights[connection.name].astype(np.int64) << 16) + change[connection.name]
        on_grid = (wanted + step // 2) // step * connection.step
        moved[connection.name] = np.clip(on_grid, connection.low, connection.high).astype(np.int16)
    return moved


def table(how: str, change: Change, size: int) -> Table:
    """Return the bytes of a change in each codec, and of what a codec sends of it in other ways."""
    rows = []
    for codec in CODECS:
        sent = codec.reduce(change, np.random.default_rng(1))
        shapes: dict[str, Any] = {name: array.shape for name, array in sent.items()}
        data = pack(sent)
        times = []
        for _ in range(TIMES):
            began = time.process_time()
            unpack(pack(sent), shapes)
            times.append(time.process_time() - began)
        count = sum(int(np.count_nonzero(array)) for array in sent.values())
        said = ", ".join(f"{key} {value}" for key, value in codec.facts().items() if key in SAID)
        rows.append(
            (
                f"{codec.name} {said}".strip(),
                f"{count:,}",
                f"{len(data):,}",
                f"{8 * len(data) / max(count, 1):.1f}",
                f"{entropy(sent) / 8:,.0f}",
                f"{len(_deflated(sent)):,}",
                f"{count * (4 + 4):,}",
                f"{1e3 * min(times):.1f}",
            )
        )
    header = (
        "codec",
        "weights sent",
        "bytes",
        "bits a weight sent",
        "entropy, bytes",
        "zlib, bytes",
        "addresses and values, bytes",
        "ms there and back",
    )
    notes = (
        f"{NETWORK} ({size:,} weights), Fashion-MNIST, the round of {SHOWN} images after {BEFORE:,}; bytes of the "
        "change alone, without the head of its message.",
        "Entropy: of places, as of a coin for each connection, and of values, as if their shares were known to "
        "both sides; zlib: level 9, of the values as they are, 32 bits each; addresses and values: 32 bits each.",
    )
    return Table(f"One update, learned {how}", header, tuple(rows), notes)


SAID = ("fraction", "threshold", "bits")
"""Options that the table tells."""


def entropy(sent: Change) -> float:
    """Return the bits of places and values that follow no pattern but their shares in each connection."""
    bits = 0.0
    for array in sent.values():
        values = array[array != 0]
        for counts in (
            np.array([values.size, array.size - values.size]),
            np.unique(values, return_counts=True)[1],
        ):
            shares = counts[counts > 0] / counts.sum() if counts.sum() else np.ones(1)
            bits -= float((counts[counts > 0] * np.log2(shares)).sum()) if counts.sum() else 0.0
    return bits


def _deflated(sent: Change) -> bytes:
    return zlib.compress(b"".join(sent[name].astype("<i4").tobytes() for name in sorted(sent)), 9)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks codec_bytes", description="Bytes of a real update."
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, metavar="FOLDER", help="with Fashion-MNIST's four files"
    )
    parser.add_argument("--page", action="store_true", help="write the tables into docs/communication.md")
    return parser
