"""``[data]``: what devices learn from, what they are judged by."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.toml_table import Table
from lava_fed.errors import ConfigError

STEPS_LIMIT = 1 << 16
"""A sample has fewer time steps."""
NAMED_STEPS = 32
"""Time steps of a named set's samples, where the config does not say."""


@dataclass(frozen=True)
class DataConfig:
    """``[data]``.

    Attributes
    ----------
    name : str
        A named data set; empty for archives and for folders of the MNIST family.
    folder : str
        Path of a folder relative to the config: one of the MNIST family, or what the named set is read from.
    train, test : str
        Split of the named data set or folder, or path of a DATA.npz relative to the config.
    steps : int
        Time steps of each sample; 0 for archives, which bring their own, and for what suits a folder.
    limit : int
        First training samples of a folder that are used, 0 for all.
    """

    name: str = ""
    folder: str = ""
    train: str = "train"
    test: str = "test"
    steps: int = 0
    limit: int = 0

    @classmethod
    def take(cls, table: Table) -> DataConfig:
        """Read the table."""
        name = table.text("name", default="")
        if table.has("folder"):
            data = cls(
                name=name,
                folder=table.text("folder"),
                train=table.text("train", default="train"),
                test=table.text("test", default="test"),
                steps=table.integer("steps", 0, STEPS_LIMIT - 1, default=0),
                limit=table.integer("limit", 0, 2**31 - 1, default=0),
            )
        elif name:
            data = cls(
                name=name,
                train=table.text("train", default="device"),
                test=table.text("test", default="test"),
                steps=table.integer("steps", 1, STEPS_LIMIT - 1, default=NAMED_STEPS),
            )
        elif table.has("steps"):
            raise ConfigError(
                f"{table.where}: data.steps belongs to a named data set; archives bring their own, so leave it out"
            )
        else:
            data = cls(train=table.text("train"), test=table.text("test"))
        table.finish()
        return data
