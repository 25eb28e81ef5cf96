"""Files that hold a Program, or a model that becomes one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.program import Program
    from lava_fed.data.source import Source


def is_program(path: Path) -> bool:
    """Say whether the file claims to be one of ours; a missing file does not."""
    from hardware.container import MAGIC

    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def open_program(path: Path) -> Program:
    """Load a Program, or compile a model with the default options.

    Raises
    ------
    LavaFedError
        Where the file is neither, damaged, or does not fit the chip.
    """
    from hardware.errors import LavaFedError
    from hardware.program import Program

    if not path.exists():
        raise LavaFedError(f"there is no file {path}")
    if path.is_dir():
        raise LavaFedError(f"{path} is a folder, expected a Program or a model file")
    if is_program(path):
        return Program.load(path)
    from compile.pipeline import compile_model

    return compile_model(path)


def open_data(path: Path, program: Program, steps: int | None) -> Source:
    """Open input for a Program, which passes through its encoder where it has one.

    Parameters
    ----------
    path : Path
        The archive.
    program : Program
        What will run.
    steps : int or None
        For how many steps to show samples that have no axis of steps.

    Raises
    ------
    LavaFedError
        Where the file is not sound, its samples do not fit the input, or its labels the output layer.
    """
    from compile.report import input_shape
    from hardware.errors import LavaFedError
    from lava_fed.data.source import Source

    network = program.network
    source = Source(path, encoder=network.encoder, steps=steps, shape=image_shape(input_shape(network)))
    try:
        if source.units != network.inputs:
            hint = "; leave --steps out where x has an axis of steps" if steps is not None else ""
            raise LavaFedError(
                f"{path}: a sample of x has {source.units:,} units in a step, the network reads "
                f"{network.inputs:,}{hint}"
            )
        check_labels(source, program)
    except LavaFedError:
        source.close()
        raise
    return source


def image_shape(shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the axes of an image; ``None`` for a plain row of units, which may come in any axes."""
    return shape if len(shape) > 1 else None


def check_labels(data: Source, program: Program) -> None:
    """Refuse labels that no unit of the output layer can stand for.

    Raises
    ------
    LavaFedError
        Where a label is beyond the last unit.
    """
    from hardware.errors import LavaFedError

    output = program.network.output
    if data.y is not None and data.classes > output.units:
        raise LavaFedError(
            f"{data.title} has labels up to {data.classes - 1}, but the output layer {output.name!r} has units "
            f"0 to {output.units - 1}; give other data, or leave its labels out"
        )
