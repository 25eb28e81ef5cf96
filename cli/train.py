"""``lava-fed train``: a spiking network by SLAYER, quantization aware."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import stoppable
from cli.options import Json
from cli.output import Output

if TYPE_CHECKING:
    from compile.slayer.train import EpochRecord

EXAMPLE = "lava-fed train digits.toml -o digits.net"


def train(
    path: Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="Network, data and training.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="MODEL.net", help="Model file to write.")],
    as_json: Json = False,
) -> None:
    """Train a network with SLAYER, quantization aware, and export it."""
    from cli.target import check_target
    from compile.slayer.recipe import Recipe

    output = Output(as_json)
    recipe = Recipe.load(path)
    check_target(out, path)
    again = shlex.join(["lava-fed", "train", str(path), "-o", str(out)])
    advice = f"Nothing was written; start again with: {again}"
    with stoppable(advice), output.progress("Training", recipe.training.epochs) as bar:
        bar.at(0, "loading torch and SLAYER")
        from compile.slayer.export import export_net
        from compile.slayer.train import train as train_recipe
        from lava_fed.data import registry

        data = recipe.data
        public = registry.load(data.name, data.split, data.steps)
        test = registry.load(data.name, data.test, data.steps)

        def at(record: EpochRecord) -> None:
            bar.at(
                record.epoch,
                f"epoch {record.epoch} of {recipe.training.epochs}, loss {record.loss:.4g}, "
                f"training {100 * record.train_accuracy:.1f} %, test {100 * record.test_accuracy:.1f} %",
            )

        trained = train_recipe(recipe, public.x, public.labels, test.x, test.labels, on_epoch=at)
        export_net(trained.module, out)
    from lava_fed.report.numbers import percent

    last = trained.history[-1]
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    output.fields(
        {
            "trained on": f"{public.title}, {len(public):,} samples, {recipe.training.epochs} epochs",
            "accuracy": f"{percent(last.train_accuracy)} in training, {percent(last.test_accuracy)} in test",
            "hidden spikes": ", ".join(f"{rate:.1f}" for rate in last.hidden_spikes) + " per unit and sample",
            "sha256": digest,
        }
    )
    output.line(f"Wrote {out}.")
    output.document(
        {
            "model": str(out),
            "sha256": digest,
            "samples": len(public),
            "accuracy": last.test_accuracy,
            "history": [asdict(record) for record in trained.history],
        }
    )
