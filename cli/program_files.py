"""Files that hold a Program, or a model that becomes one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.program import Program
    from lava_fed.data.dataset import DataSet


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


def read_data(path: Path, program: Program, steps: int | None) -> DataSet:
    """Read input for a Program, through its encoder where it has one.

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
        Where the file is not sound, or its labels do not fit the output layer.
    """
    from lava_fed.data import archive

    data = archive.read(path, encoder=program.network.encoder, steps=steps)
    check_labels(data, program)
    return data


def check_labels(data: DataSet, program: Program) -> None:
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
