"""Three attackers of ten: what each attack does to each rule.

python -m benchmarks byzantine [--data FOLDER] [--seeds N] [--rounds N] [--only ATTACK] [--json FILE]
    --page FILE ... writes kept results into docs/aggregation.md instead.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.child import ROOT
from benchmarks.kept import keep, measured, read
from benchmarks.section import replace_section
from compile.pipeline import compile_model
from hardware.errors import LavaFedError
from lava_fed.aggregate.bulyan import Bulyan
from lava_fed.config import parse
from lava_fed.coordinator.rounds import federate

PAGE = ROOT / "docs" / "aggregation.md"
BEGIN, END = "<!-- results: written by python -m benchmarks byzantine --page -->", "<!-- end of results -->"
DATA = ROOT.parent / "shared" / "data" / "mnist"
"""Where MNIST's files are looked for; ``--data FOLDER`` names another place."""
NETWORK = "784-32-10"
PLAIN = "fedavg"
DEVICES, ATTACKERS, ALPHA, SAMPLES = 10, 3, 10.0, 2000
RULES: Mapping[str, Mapping[str, Any]] = {
    "fedavg": {"name": "fedavg"},
    "fedavg, norms bounded": {"name": "fedavg", "clip": "median"},
    "median": {"name": "median"},
    "trimmed_mean": {"name": "trimmed_mean", "options": {"attackers": ATTACKERS}},
    "krum": {"name": "krum", "options": {"attackers": ATTACKERS}},
    "multi_krum": {"name": "multi_krum", "options": {"attackers": ATTACKERS}},
    "bulyan": {"name": "bulyan"},
    "geometric_median": {"name": "geometric_median"},
}
ATTACKS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "sign_flip": {"kind": "sign_flip", "devices": ATTACKERS, "strength": 4.0},
    "scaled": {"kind": "scaled", "devices": ATTACKERS, "strength": 30.0},
    "minmax": {"kind": "minmax", "devices": ATTACKERS},
    "alie": {"kind": "alie", "devices": ATTACKERS},
    "label_flip": {"kind": "label_flip", "devices": ATTACKERS},
}


@dataclass(frozen=True)
class Run:
    """One federation.

    Attributes
    ----------
    rule, attack : str
        Keys of ``RULES`` and ``ATTACKS``.
    seed : int
        Of all that is random.
    rounds : int
        How many.
    accuracy : float
        At the end, 0..1.
    """

    rule: str
    attack: str
    seed: int
    rounds: int
    accuracy: float


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    runs: list[Run] = []
    try:
        if options.page:
            kept, facts = read(options.page)
            text = _markdown(_whole_seeds([Run(**run) for run in kept]), facts)
            replace_section(PAGE, BEGIN, END, text)
            return 0
        for seed in range(1, options.seeds + 1):
            for attack in [each for each in ATTACKS if options.only in (None, each)]:
                for rule in RULES:
                    with errors.status(f"{attack} against {rule}, seed {seed}"):
                        runs.append(learn(rule, attack, seed, options.rounds, options.data))
                    if options.json is not None:
                        keep([dataclasses.asdict(run) for run in runs], options.json)
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    table = RichTable(title="Accuracy with 3 attackers of 10, %", title_justify="left")
    for name in ("rule", *ATTACKS):
        table.add_column(name)
    for row in _rows(runs):
        table.add_row(*row)
    console.print(table)
    return 0


def learn(rule: str, attack: str, seed: int, rounds: int, data: Path) -> Run:
    """Let ten devices learn MNIST with whole networks on chip, while some attack."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = compile_model(Path(NETWORK), learn="direct_feedback", options={"seed": str(seed)})
        program.save(folder / "network.h5")
        document = {
            "program": {"path": "network.h5"},
            "data": {"folder": str(data.resolve())},
            "devices": {"count": DEVICES, "partition": "dirichlet", "alpha": ALPHA},
            "rounds": {"count": rounds, "samples": SAMPLES},
            "aggregate": dict(RULES[rule]),
            "judge": {"every": rounds, "devices": False},
            "run": {"seed": seed, "workers": 1, "baselines": False},
        }
        if ATTACKS[attack]:
            document["attack"] = dict(ATTACKS[attack])
        result = federate(parse(document, folder, f"{attack} against {rule}"), folder / "run")
    return Run(rule, attack, seed, rounds, result.accuracy)


def _rows(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    rows = []
    for rule in RULES:
        cells = [rule]
        for attack in ATTACKS:
            found = [100 * run.accuracy for run in runs if (run.rule, run.attack) == (rule, attack)]
            spread = f" ± {statistics.stdev(found):.1f}" if len(found) > 1 else ""
            cells.append(f"{statistics.mean(found):.1f}{spread}" if found else "-")
        rows.append(tuple(cells))
    return rows


def _markdown(runs: Sequence[Run], facts: Mapping[str, str]) -> str:
    """Return the table of the page, and what it was measured with."""
    lines = [
        "| rule | " + " | ".join("no attack" if name == "none" else name for name in ATTACKS) + " |",
        "|---|" + "---:|" * len(ATTACKS),
        *("| " + " | ".join(row) + " |" for row in _rows(runs)),
        "",
        f"Accuracy on MNIST's test images in %, mean ± standard deviation, seeds: "
        f"{len({run.seed for run in runs})}; {DEVICES} devices, the first {ATTACKERS} attack; {NETWORK}, direct "
        f"feedback on chip, Dirichlet {ALPHA:g}, {runs[0].rounds} rounds of {SAMPLES:,} images a device. Sign "
        f"flip sends -4 times, scaled 30 times what was learned. Among ten, Bulyan guards against "
        f"{Bulyan.most(DEVICES)}, the other robust rules against {ATTACKERS} "
        "or more.",
        "",
        *_losses(runs),
        "",
        f"{measured(facts)}.",
    ]
    return "\n".join(lines) + "\n"


def _whole_seeds(runs: Sequence[Run]) -> list[Run]:
    """Return the runs of those seeds that every rule has been through with every attack."""
    everything = {(rule, attack) for rule in RULES for attack in ATTACKS}
    whole = [
        seed
        for seed in {run.seed for run in runs}
        if everything <= {(run.rule, run.attack) for run in runs if run.seed == seed}
    ]
    if not whole:
        raise LavaFedError(
            "these results have no seed with all attacks and rules; let the benchmark run to its end"
        )
    return [run for run in runs if run.seed in whole]


def _losses(runs: Sequence[Run]) -> list[str]:
    """Return what each rule loses to an attack, seed by seed beside a plain average in peace."""
    peace = {run.seed: run.accuracy for run in runs if (run.rule, run.attack) == (PLAIN, "none")}
    lines = []
    for attack in [name for name in ATTACKS if name != "none"]:
        lost: dict[str, list[float]] = {rule: [] for rule in RULES}
        for run in runs:
            if run.attack == attack and run.seed in peace:
                lost[run.rule].append(100 * (peace[run.seed] - run.accuracy))
        means = {rule: statistics.mean(found) for rule, found in lost.items() if found}
        if PLAIN in means:
            rest = ", ".join(f"{rule} {loss:.1f}" for rule, loss in means.items() if rule != PLAIN)
            lines.append(f"- `{attack}` costs the plain average {means[PLAIN]:.1f} points; {rest}.")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks byzantine", description="What each attack does to each rule."
    )
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="MNIST's files")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="federations of each (3)")
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="of each federation (10)")
    parser.add_argument("--only", choices=sorted(ATTACKS), help="one attack")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    parser.add_argument("--page", type=Path, nargs="+", metavar="FILE", help="write kept results into the page")
    return parser
