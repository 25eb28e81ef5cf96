"""Errors that a user can act on.

Every message says what is wrong, where, which limit applies, and what to do. The command line prints the
message alone and exits with 2; a traceback is reserved for our own mistakes.
"""

from __future__ import annotations

from typing import Any


class LavaFedError(Exception):
    """Something a user can correct."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What the command line prints; the last line is the error."""
        return (str(self),)

    @property
    def document(self) -> dict[str, Any]:
        """What the command line prints with ``--json``."""
        return {"error": str(self)}


class NetworkError(LavaFedError):
    """A network that no chip of the family can express."""


class RuleTextError(NetworkError):
    """A learning rule that cannot be read; the message ends with its text and a caret under the place.

    Parameters
    ----------
    what : str
        What is wrong.
    text : str
        The rule.
    at : int
        The place in it.
    """

    def __init__(self, what: str, text: str, at: int) -> None:
        self.sentence, self.place = f"learning rule: {what}", (f"  {text}", f"  {' ' * at}^")
        super().__init__("\n".join((self.sentence, *self.place)))

    @property
    def lines(self) -> tuple[str, ...]:
        """The text with its caret, then what is wrong."""
        return (*self.place, self.sentence)


class ChipError(LavaFedError):
    """A chip, board or chip file that is not there or not sound; the message names the figure."""


class ContainerError(LavaFedError):
    """A file that is damaged, hostile, of another version, or not ours."""


class BackendUnavailableError(LavaFedError):
    """A backend whose requirements are not met on this machine."""


class BackendError(LavaFedError):
    """A backend that failed while it ran a Program."""
