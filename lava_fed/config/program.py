"""``[program]``: what is trained."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.toml_table import Table

SHARES = ("learning", "all")
"""Words for what is shared; a list names connections instead."""
CONNECTIONS_LIMIT = 1024
"""Most connections in a list."""


@dataclass(frozen=True)
class ProgramConfig:
    """``[program]``.

    Attributes
    ----------
    path : str
        Path of the Program, relative to the config.
    share : str or tuple of str
        ``"learning"``: the connections that learn on chip; ``"all"``: every dense one; or names of connections.
    """

    path: str
    share: str | tuple[str, ...] = "learning"

    @classmethod
    def take(cls, table: Table) -> ProgramConfig:
        """Read the table."""
        path = table.text("path")
        share: str | tuple[str, ...]
        if table.has_list("share"):
            share = table.texts("share", most=CONNECTIONS_LIMIT)
        else:
            share = table.text("share", default="learning", choices=SHARES)
        table.finish()
        return cls(path, share)
