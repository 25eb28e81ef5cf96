"""``lava-fed compile``: from a trained model to a Program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json, Steps
from cli.output import Output

EXAMPLE = "lava-fed compile digits.net --learn supervised --fresh -o digits.h5"


def compile(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", help="Model file, for example digits.net. Or sizes, as 784-512-10: knows nothing yet."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Program file.", show_default="MODEL with the suffix .h5")
    ] = None,
    chip: Annotated[
        str, typer.Option(metavar="NAME|FILE.toml", help="Chip to compile for: loihi2, loihi1 or your own.")
    ] = "loihi2",
    board: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Board of several chips, as kapoho-point; 'lava-fed chips' lists them."),
    ] = None,
    learn: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Learning rule, for example supervised; 'lava-fed rules' lists them."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start the learning weights from zero.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=INTEGER", help="Option of the learning rule.")
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="KEY=VALUE",
            help="What a NIR file leaves open, as simulator=snntorch (docs/nir.md), or how sizes begin.",
        ),
    ] = None,
    bits: Annotated[
        str | None,
        typer.Option(
            metavar="WIDTHS", help="Round a float model to so many weight bits, 1 to 8; 1-8 compares widths."
        ),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA.npz", help="Typical input: with --bits it sets ranges, and it measures traffic."
        ),
    ] = None,
    steps: Steps = None,
    method: Annotated[
        str | None, typer.Option(help="With --bits, fit the weights by max (default), percentile or mse.")
    ] = None,
    percentile: Annotated[float | None, typer.Option(help="With --method percentile; 99.9 by default.")] = None,
    per: Annotated[str | None, typer.Option(help="With --bits, a scale per channel (default) or layer.")] = None,
    sign: Annotated[
        str | None, typer.Option(help="With --bits: mixed (default), excitatory, inhibitory or auto.")
    ] = None,
    remove_dead: Annotated[
        bool,
        typer.Option("--remove-dead", help="Leave out units that cannot matter and zero weights."),
    ] = False,
    place: Annotated[
        str, typer.Option(metavar="METHOD", help="Put neurons on cores by search, greedy or linear.")
    ] = "search",
    seed: Annotated[int, typer.Option(help="For the moves that the search draws.")] = 0,
    as_json: Json = False,
) -> None:
    """Compile a model to a Program and show its layers, bit widths and limits."""
    from cli import core_view, placement, quantization
    from cli.target import check_target
    from compile.core_rows import core_report
    from compile.pipeline import compile_model
    from compile.place.placing import Placing
    from compile.report import summary
    from compile.transforms.remove_dead import RemoveDead
    from hardware.chip.known import find_chip

    output = Output(as_json)
    spec = find_chip(chip)
    carrier = None if board is None else spec.board(board)
    target = out or model.with_suffix(".h5")
    check_target(target, model, calibrate)
    learn_options = parse_settings(settings or [])
    rounding = quantization.rounding(bits, calibrate, steps, method, percentile, per, sign)
    placing = Placing(place, seed)
    stages: list[str] = []
    with output.progress(f"Compiling {model.name}") as bar:

        def at(stage: str) -> None:
            stages.append(stage)
            bar.at(len(stages), stage)

        program = compile_model(
            model,
            options=parse_options(options or []),
            also=[RemoveDead()] if remove_dead else [],
            chip=spec,
            board=carrier,
            learn=learn,
            learn_options=learn_options,
            fresh=fresh,
            quantizer=rounding,
            placing=placing,
            on_stage=at,
        )
    activity = None if calibrate is None else placement.measured(program, calibrate, steps, output)
    if activity is not None:
        program = placement.placed_again(program, activity, place, seed)
    program.save(target)
    from cli.program_view import show

    cores = core_report(program, activity)
    show(program, output)
    core_view.show_traffic(program, cores, activity, output)
    if rounding is not None:
        quantization.show(rounding, output)
    output.line(f"Wrote {target}.")
    output.document(
        {
            "program": str(target),
            "stages": stages,
            **summary(program),
            **cores.as_json(),
            **quantization.document(rounding),
        }
    )


def parse_settings(settings: Sequence[str]) -> dict[str, int]:
    """Read ``key=integer`` pairs.

    Raises
    ------
    LavaFedError
        Where one is not such a pair, or a key occurs twice.
    """
    from hardware.errors import LavaFedError

    integers: dict[str, int] = {}
    for key, value in _pairs("--set", "KEY=INTEGER", settings).items():
        try:
            integers[key] = int(value)
        except ValueError:
            raise LavaFedError(f"--set {key}: {value!r} is not an integer") from None
    return integers


def parse_options(options: Sequence[str]) -> dict[str, str]:
    """Read ``key=value`` pairs.

    Raises
    ------
    LavaFedError
        Where one is not such a pair, or a key occurs twice.
    """
    return _pairs("--option", "KEY=VALUE", options)


def _pairs(option: str, form: str, texts: Sequence[str]) -> dict[str, str]:
    from hardware.errors import LavaFedError

    pairs: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise LavaFedError(f"{option} {text!r} is not of the form {form}")
        if key in pairs:
            raise LavaFedError(f"{option} {key} occurs twice")
        pairs[key] = value
    return pairs
