"""Activities of thirty people, each with a device of their own: alone, together, personal.

python -m benchmarks har [--data FOLDER] [--train] [--seeds N] [--json FILE] [--page]
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.child import ROOT
from benchmarks.readouts.backbone import file_of
from benchmarks.readouts.costs import percents
from benchmarks.readouts.course import Course, right, with_readout
from benchmarks.readouts.study import Found, Study, Tell
from benchmarks.table import Table
from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend
from hardware.session import Session
from lava_fed.config import parse
from lava_fed.coordinator.rounds import FederationResult, federate
from lava_fed.data import archive
from lava_fed.data.dataset import DataSet
from lava_fed.data.har import ACTIVITIES, Windows

COURSE = Course(
    classes=len(ACTIVITIES),
    margin=4096,
    shift=6,
    anneal=(),
    epoch=32,
    x1_impulse=4,
    x1_tau=200,
    ceiling=-4096,
)
ROUNDS, HALVE_AT = 20, [7, 12, 16]
MOMENTUM = 0.6
"""Of the coordinator's step."""
PERSONAL = (1, 2, 2, 3, 3, 4)
"""How often learning is halved in each pass of a device that makes the global readout its own."""
ALONE = tuple(sum(number >= at for at in HALVE_AT) for number in range(1, ROUNDS + 1))
"""The same for a device's passes in the federation, which one that is alone makes, too."""
LEARNED = 0.7
"""Part of each subject's windows of each activity, the first in time, to learn from; the rest is held out."""
BODY = tuple(f"subject-{number:02d}" for number in (1, 6, 11, 17, 23, 28, 30))
"""Subjects whose windows, without labels, the body was trained on."""
CLUSTERS = 24
FEW = 3
"""Windows of each activity that a device has where it has few."""
READOUTS = {
    "global": "global",
    "personal": "personal: the global one, taught by the subject's own windows",
    "alone": "from nothing, taught by the subject's own windows",
    "personal, few": f"personal, with {FEW} windows of each activity",
    "alone, few": f"from nothing, with {FEW} windows of each activity",
}
"""What readouts of a subject's own are called."""
EVERY = 5
"""Rounds between two judgements."""
BAR = 10
"""Points by which the global readout must beat the mean of lone devices."""


def to_train(folder: Path) -> tuple[DataSet, DataSet]:
    """Return windows of seven subjects, labelled by the cluster of their spike counts."""
    from sklearn.cluster import KMeans

    windows = Windows.read(folder, "train")
    learned = halves(windows)[0]
    mine = np.isin(np.array(windows.owners.names)[windows.owners.index[learned]], BODY)
    shown = windows.take(learned[mine])
    counts = np.sqrt(shown.x.values.sum(axis=1, dtype=np.float64))
    clusters = KMeans(CLUSTERS, n_init=3, random_state=0).fit(counts - counts.mean(axis=0)).labels_
    data = DataSet(shown.x, clusters.astype(np.int32), CLUSTERS, "UCI HAR, clusters")
    return data, data.take(slice(0, None, 8))


def halves(windows: Windows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which windows are learned from, and which are held out: the last of each subject and activity."""
    learned, held = [], []
    for part in windows.owners.parts().values():
        for label in range(windows.classes):
            chosen = part[windows.y[part] == label]
            first = int(np.ceil(LEARNED * len(chosen)))
            learned.append(chosen[:first])
            held.append(chosen[first:])
    return np.concatenate(learned), np.concatenate(held)


def measure(folder: Path, seeds: int, tell: Tell) -> Found:
    """Let 21 devices learn together, once for each seed, and all 30 make what came of it their own."""
    body = compile_model(file_of("har"))
    everyone, unseen = Windows.read(folder), Windows.read(folder, "test")
    seen = Windows.read(folder, "train")
    runs = []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            with_readout(body, COURSE).save(place / "program.h5")
            archive.write(place / "train.npz", seen.take(halves(seen)[0]))
            archive.write(place / "test.npz", unseen.take(slice(None)))
            tell(f"har: seed {seed}, {ROUNDS} rounds, devices alone, all data in one place")
            result = federate(parse(settings(seed), place, "har"), place / "run")
        tell(f"har: seed {seed}, personal readouts")
        runs.append(_account(result, seed) | {"own": personal(result, everyone, unseen, seed)})
    return {"body": {"sha256": body.provenance["model_sha256"]}, "runs": runs}


def settings(seed: int) -> dict[str, Any]:
    """Return the federation's config, as a TOML file would say it."""
    return {
        "program": {"path": "program.h5"},
        "data": {"train": "train.npz", "test": "test.npz"},
        "devices": {"partition": "natural"},
        "rounds": {"count": ROUNDS, "halve_at": HALVE_AT},
        "aggregate": {"server": "momentum", "options": {"momentum": MOMENTUM}},
        "judge": {"devices": False, "every": EVERY},
        "run": {"seed": seed, "workers": 2},
    }


def _account(result: FederationResult, seed: int) -> dict[str, Any]:
    if result.baselines is None:
        raise ValueError("the federation was run without devices alone")
    return {
        "seed": seed,
        "federated": {
            str(record.round): record.accuracy for record in result.records if record.accuracy is not None
        },
        "alone": {each.name: each.accuracy[-1] for each in result.baselines.alone},
        "pooled": result.baselines.pooled.accuracy[-1],
        "up": sum(record.bytes_up for record in result.records),
        "down": sum(record.bytes_down for record in result.records),
    }


def personal(
    result: FederationResult, everyone: Windows, unseen: Windows, seed: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Return each subject's accuracy on its held-out windows, by group, subject, readout."""
    learned, held = (everyone.only(part) for part in halves(everyone))
    new = set(unseen.owners.parts())
    found: dict[str, dict[str, dict[str, float]]] = {"unseen": {}, "seen": {}}
    begin = result.program.weights()
    blank = {name: np.zeros_like(weights) for name, weights in begin.items()}
    lessons, exams = learned.owners.parts(), held.owners.parts()
    with EmulatorBackend().load(result.program) as session:
        for number, subject in enumerate(lessons):
            data, exam = learned.only(lessons[subject]), held.only(exams[subject])
            session.write_weights(begin)
            own = {"windows": float(len(exam))}
            for readout, (start, lessons_of, anneal) in {
                "global": (begin, data, ()),
                "personal": (begin, data, PERSONAL),
                "alone": (blank, data, ALONE + PERSONAL),
                "personal, few": (begin, few(data), PERSONAL),
                "alone, few": (blank, few(data), ALONE + PERSONAL),
            }.items():
                session.write_weights(start)
                _passes(session, lessons_of, anneal, np.random.default_rng([seed, number]))
                own[readout] = right(session, exam)
            found["unseen" if subject in new else "seen"][subject] = own
    return found


def few(data: Windows) -> Windows:
    """Return the first windows of each activity."""
    parts = [np.flatnonzero(data.y == label)[:FEW] for label in range(data.classes)]
    return data.only(np.concatenate(parts))


def _passes(session: Session, data: Windows, anneal: tuple[int, ...], rng: np.random.Generator) -> None:
    for halvings in anneal:
        shown = data.take(rng.permutation(len(data)))
        session.learn(shown.x, shown.labels, seed=int(rng.integers(2**31)), anneal=halvings, layers=())


def tables(found: Found) -> list[Table]:
    """Return the comparison on unseen subjects, and that of personal readouts."""
    runs: list[dict[str, Any]] = found["runs"]
    alone = [list(run["alone"].values()) for run in runs]
    means = [float(np.mean(each)) for each in alone]
    federated = [run["federated"][str(ROUNDS)] for run in runs]
    gains = [100 * (after - before) for after, before in zip(federated, means, strict=True)]
    rows = [
        ("devices alone, mean of 21", percents(means)),
        ("the best of them", percents([max(each) for each in alone])),
        ("federated", percents(federated)),
        ("all windows in one place", percents([run["pooled"] for run in runs])),
    ]
    first = runs[0]
    notes = (
        f"{len(runs)} seeds: mean (least to greatest). Bar: {BAR} points over devices alone; it is "
        f"{min(gains):.1f} to {max(gains):.1f}.",
        f"{ROUNDS} rounds: {first['up'] / 1e3:,.0f} kB from the devices, {first['down'] / 1e3:,.0f} kB to them.",
    )
    curve = tuple((str(run["seed"]), *(f"{100 * each:.1f}" for each in run["federated"].values())) for run in runs)
    return [
        Table("Nine subjects whom nobody learned from", ("readout", "all their windows"), tuple(rows), notes),
        Table("The same after some rounds, %", ("seed", *first["federated"]), curve),
        _personal_table(runs),
    ]


def _personal_table(runs: list[dict[str, Any]]) -> Table:
    def mean(run: Mapping[str, Any], group: str, readout: str) -> float:
        own = run["own"][group].values()
        return float(np.average([each[readout] for each in own], weights=[each["windows"] for each in own]))

    rows = [
        (what, *(percents([mean(run, group, readout) for run in runs]) for group in ("unseen", "seen")))
        for readout, what in READOUTS.items()
    ]
    own = [each for run in runs for group in run["own"].values() for each in group.values()]
    better = sum(each["personal"] > each["global"] for each in own)
    worse = sum(each["personal"] < each["global"] for each in own)
    notes = (
        f"On each subject's own held-out windows, all subjects together. Of {len(own)} personal readouts (30 a "
        f"seed) {better} are better than the global one there, {worse} worse.",
    )
    header = ("readout", "9 subjects who come new", "21 who learned together")
    return Table("Personal readouts", header, tuple(rows), notes)


STUDY = Study(
    "har",
    "uci_har",
    "activities of thirty people",
    to_train,
    measure,
    tables,
    page=ROOT / "docs" / "har.md",
)


def main(arguments: list[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    return STUDY.main(arguments)
