"""Digits seen by an event camera, learned on the chip from few or many labels.

python -m benchmarks nmnist [--data FOLDER] [--train] [--seeds N] [--json FILE] [--page]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.readouts.backbone import counts, file_of, input_counts, joined
from benchmarks.readouts.bound import logistic
from benchmarks.readouts.costs import costs, percents
from benchmarks.readouts.course import Course, learn
from benchmarks.readouts.curve import draw_curve
from benchmarks.readouts.study import Found, Study, Tell
from benchmarks.table import Table
from compile.pipeline import compile_model
from lava_fed.data.dataset import DataSet
from lava_fed.data.nmnist import CLASSES, Recordings

COURSE = Course(
    classes=CLASSES, margin=4096, shift=6, anneal=(0, 1, 1, 2, 2, 3, 3, 4), epoch=16, x1_impulse=8, x1_tau=100
)
"""That of speech, with half of its margin and twice its trace, as a sample here has half as many spikes."""
HALF = 500
"""Recordings that the backbone is trained on; the next as many are the device's."""
FOLDS = 5
"""Parts of the device's half: each is held out once, while the device learns from the others."""
LABELLED = (10, 20, 50, 100, 200, 400)
"""How many labelled recordings the device learns from."""
MOVED, PIXELS = 8, 3
"""Moved copies of each recording that the backbone is trained on too, and by how many pixels at most."""
TESTS = ("held out", "test")


def to_train(folder: Path) -> tuple[DataSet, DataSet]:
    """Return the first half with moved copies, and the second half."""
    recordings, rng = Recordings.read(folder, "train"), np.random.default_rng(0)
    first = recordings.only(slice(HALF))
    parts = [first, *(first.shifted(rng, PIXELS) for _ in range(MOVED))]
    return joined([part.take(slice(None)) for part in parts]), recordings.take(slice(HALF, None))


def measure(folder: Path, seeds: int, tell: Tell) -> Found:
    """Learn from few to many labels on devices with different parts held out, and compare with floats."""
    second = Recordings.read(folder, "train").only(slice(HALF, None))
    test = Recordings.read(folder, "test")
    backbone = compile_model(file_of("nmnist"))
    hidden, output = (layer.name for layer in backbone.network.layers[-2:])
    own = {
        name: float((counts(backbone, each, output).argmax(axis=1) == each.y).mean())
        for name, each in (("held out", second), ("test", test))
    }
    here = {"second": counts(backbone, second, hidden), "test": counts(backbone, test, hidden)}
    bare = {"second": input_counts(second), "test": input_counts(test)}
    runs: list[dict[str, Any]] = []
    for seed in range(1, seeds + 1):
        order = np.random.default_rng(seed).permutation(len(second))
        for fold, held in enumerate(np.array_split(order, FOLDS)):
            pool = order[~np.isin(order, held)]
            tests = {"held out": second.only(held), "test": test}
            for labelled in LABELLED:
                tell(f"nmnist: seed {seed}, part {fold + 1} of {FOLDS} held out, {labelled} labels")
                chosen = pool[:labelled]
                learned = learn(backbone, COURSE, second.only(chosen), tests, seed, _quiet)
                floats = {
                    what: logistic(
                        x["second"][chosen],
                        second.y[chosen],
                        {"held out": (x["second"][held], second.y[held]), "test": (x["test"], test.y)},
                    )
                    for what, x in (("hidden", here), ("input", bare))
                }
                runs.append({"labelled": labelled, "fold": fold, **learned, "floats": floats})
    return {
        "backbone": {"sha256": backbone.provenance["model_sha256"], "accuracy": own},
        "samples": {"held out": len(second), "test": len(test)},
        "runs": runs,
    }


def tables(found: Found) -> list[Table]:
    """Return accuracy by the number of labels, and costs."""
    runs: list[dict[str, Any]] = found["runs"]
    rows = []
    for labelled in sorted({run["labelled"] for run in runs}):
        same = [run for run in runs if run["labelled"] == labelled]
        cells = [str(labelled)]
        for test in TESTS:
            cells.append(percents(last(same, test)))
            cells += [f"{100 * float(np.mean(in_floats(same, what, test))):.1f} %" for what in ("hidden", "input")]
        rows.append(tuple(cells))
    header = ["labels"]
    for test in TESTS:
        header += [f"{test}: on chip", "floats, same counts", "floats, input's counts"]
    own, sizes = found["backbone"]["accuracy"], found["samples"]
    seeds = len({run["seed"] for run in runs})
    notes = (
        f"{seeds} seeds x {FOLDS} parts held out: mean (least to greatest). Every device is tested with its part "
        f"of {sizes['held out'] // FOLDS} and with the {sizes['test']} recordings of the test set.",
        f"The backbone as trained, with its own readout of {HALF} labels: {100 * own['held out']:.1f} % of the "
        f"second half, {100 * own['test']:.1f} % of the test set.",
    )
    most = next(run for run in runs if run["labelled"] == max(LABELLED))
    return [Table("Digits of N-MNIST", tuple(header), tuple(rows), notes), costs(most)]


def last(runs: list[dict[str, Any]], test: str) -> list[float]:
    """Return the accuracies after the last pass."""
    return [run["accuracy"][test][-1] for run in runs]


def in_floats(runs: list[dict[str, Any]], what: str, test: str) -> list[float]:
    """Return the accuracies of readouts in floats."""
    return [run["floats"][what][test] for run in runs]


def draw(found: Found, file: Path) -> None:
    """Draw accuracy on what was held out against the number of labels."""
    runs: list[dict[str, Any]] = found["runs"]
    groups = {n: [run for run in runs if run["labelled"] == n] for n in LABELLED}
    draw_curve(
        {
            "readout learned on chip": {n: last(group, "held out") for n, group in groups.items()},
            "in floats, same spike counts": {
                n: in_floats(group, "hidden", "held out") for n, group in groups.items()
            },
            "in floats, input's counts": {n: in_floats(group, "input", "held out") for n, group in groups.items()},
        },
        file,
    )


def _quiet(number: int, right: float) -> None:
    del number, right


STUDY = Study("nmnist", "nmnist_small", "accuracy over the number of labels", to_train, measure, tables, draw)


def main(arguments: list[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    return STUDY.main(arguments)
