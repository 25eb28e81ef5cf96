"""``lava-fed compile``: from a trained model to a Program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed compile digits.net --learn supervised --fresh -o digits.h5"


def compile(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model file, for example digits.net.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Program file.", show_default="MODEL with the suffix .h5")
    ] = None,
    chip: Annotated[str, typer.Option(help="Chip to compile for: loihi2 or loihi1.")] = "loihi2",
    learn: Annotated[
        str | None, typer.Option(metavar="RULE", help="Learning rule for the last layer, for example supervised.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start the learning weights from zero.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=INTEGER", help="Option of the learning rule.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compile a model to a Program and show its layers, bit widths and limits."""
    from cli.target import check_target
    from compile.pipeline import compile_model
    from compile.report import summary
    from hardware.chip import CHIPS
    from hardware.errors import LavaFedError

    output = Output(as_json)
    if chip not in CHIPS:
        raise LavaFedError(f"no chip is called {chip!r}; known: {', '.join(CHIPS)}")
    target = out or model.with_suffix(".h5")
    if target.exists() and model.exists() and target.samefile(model):
        raise LavaFedError(f"{target} is the model itself; choose another output with -o")
    check_target(target)
    options = parse_settings(settings or [])
    stages: list[str] = []
    with output.progress(f"Compiling {model.name}") as bar:

        def at(stage: str) -> None:
            stages.append(stage)
            bar.at(len(stages), stage)

        program = compile_model(
            model, chip=CHIPS[chip], learn=learn, learn_options=options, fresh=fresh, on_stage=at
        )
    program.save(target)
    from cli.program_view import show

    show(program, output)
    output.line(f"Wrote {target}.")
    output.document({"program": str(target), "stages": stages, **summary(program)})


def parse_settings(settings: Sequence[str]) -> dict[str, int]:
    """Read ``key=integer`` pairs.

    Raises
    ------
    LavaFedError
        Where one is not such a pair, or a key occurs twice.
    """
    from hardware.errors import LavaFedError

    options: dict[str, int] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise LavaFedError(f"--set {setting!r} is not of the form KEY=INTEGER")
        if key in options:
            raise LavaFedError(f"--set {key} occurs twice")
        try:
            options[key] = int(value)
        except ValueError:
            raise LavaFedError(f"--set {key}: {value!r} is not an integer") from None
    return options
