"""What is under way in an asynchronous federation, as a run keeps it between versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lava_fed.errors import RunError


@dataclass(frozen=True)
class Sent:
    """A task that a device was sent.

    Attributes
    ----------
    turn, version : int
        Of the task.
    at : float
        When, in seconds of the fleet's clock.
    """

    turn: int
    version: int
    at: float


@dataclass(eq=False)
class Outstanding:
    """Tasks under way, and where every device stands.

    Attributes
    ----------
    tasks : dict of str to Sent
        By device.
    held : dict of str to (int, int)
        Turn and version of each device's last update that was used.
    turns : dict of str to int
        Turn of the last task of each device that ever got one.
    """

    tasks: dict[str, Sent] = field(default_factory=dict)
    held: dict[str, tuple[int, int]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)

    def ask(self, device: str, version: int, at: float) -> Sent:
        """Write down a device's next task."""
        turn = self.turns.get(device, 0) + 1
        self.turns[device] = turn
        self.tasks[device] = Sent(turn, version, at)
        return self.tasks[device]

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "tasks": {name: [task.turn, task.version, task.at] for name, task in sorted(self.tasks.items())},
            "held": {name: list(held) for name, held in sorted(self.held.items())},
            "turns": dict(sorted(self.turns.items())),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Outstanding:
        """Rebuild it; the reverse of ``to_json``.

        Raises
        ------
        RunError
            Where the value is something else.
        """
        try:
            tasks = {
                str(name): Sent(int(turn), int(version), float(at))
                for name, (turn, version, at) in value["tasks"].items()
            }
            held = {str(name): (int(turn), int(version)) for name, (turn, version) in value["held"].items()}
            turns = {str(name): int(turn) for name, turn in value["turns"].items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError("the last version does not say what was under way; restore it") from error
        return cls(tasks, held, turns)
