"""The config of a federation, as the command line gives it: a file or a preset, with single settings changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lava_fed.presets import Preset

Config = Annotated[
    Path | None,
    typer.Argument(metavar="[CONFIG.toml]", help="What to train, on which data and devices.", show_default=False),
]
PresetName = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", help="A shipped config; 'lava-fed presets' lists them.")
]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="Folder of the data, in place of data.folder.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="TABLE.KEY=VALUE", help="Change one setting; may be given several times."),
]
PROGRAM = "program.h5"


@dataclass(frozen=True)
class Document:
    """A config before it is checked.

    Attributes
    ----------
    content : dict
        Tables as TOML gives them.
    folder : Path
        Where relative paths start.
    where : str
        Its name, for errors.
    """

    content: dict[str, Any]
    folder: Path
    where: str


@contextmanager
def chosen(config: Path | None, preset: str | None, data: Path | None) -> Iterator[Document]:
    """Give the document that a user means; the Program of a preset lies in a folder that is removed afterwards.

    Raises
    ------
    LavaFedError
        Where neither or both of a file and a preset are given, one cannot be read, or a folder of data is missing.
    """
    from hardware.errors import LavaFedError
    from hardware.toml_table import read_toml
    from lava_fed.config.changes import changed
    from lava_fed.config.reader import KIND
    from lava_fed.errors import ConfigError
    from lava_fed.presets import find_preset

    if (config is None) is (preset is None):
        raise LavaFedError(
            "give a CONFIG.toml or --preset NAME, one of them; 'lava-fed presets' lists the presets"
        )
    if config is not None:
        content = read_toml(config, KIND, ConfigError)
        if data is not None:
            content = changed(content, "data.folder", str(data.absolute()))
        yield Document(content, config.parent, str(config))
        return
    found = find_preset(str(preset))
    content = dict(found.document)
    if found.data and data is None:
        raise LavaFedError(f"preset {found.name!r} needs {found.data}; say where they are with --data FOLDER")
    if data is not None:
        if not found.data:
            raise LavaFedError(f"preset {found.name!r} brings its own data; leave --data out")
        content = changed(content, "data.folder", str(data.absolute()))
    with tempfile.TemporaryDirectory(prefix="lava-fed-") as folder:
        make_program(found, Path(folder) / PROGRAM)
        yield Document(content, Path(folder), f"preset {found.name}")


def make_program(preset: Preset, path: Path) -> None:
    """Compile the network of a preset.

    Raises
    ------
    LavaFedError
        Where it cannot be compiled or written.
    """
    from compile.pipeline import compile_model

    compile_model(
        Path(preset.network), learn=preset.learn or None, options=preset.options, learn_options=preset.numbers
    ).save(path)
