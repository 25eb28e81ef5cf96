"""``lava-fed backends``: what can run Programs here."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from cli.options import Json
from cli.output import Output

if TYPE_CHECKING:
    from hardware.availability import Availability

EXAMPLE = "lava-fed backends"


def backends(as_json: Json = False) -> None:
    """List the backends, and why one cannot run here."""
    from hardware import registry

    output = Output(as_json)
    rows = {name: look(name) for name in registry.names("backend")}
    output.table(
        "Backends",
        ("name", "what it is", "available", "why, and what to do"),
        [(name, title, "yes" if answer.ok else "no", answer.text) for name, (title, answer) in rows.items()],
    )
    output.document({name: {"title": title, **asdict(answer)} for name, (title, answer) in rows.items()})


def look(name: str) -> tuple[str, Availability]:
    """Return a backend's title and whether it can run here; one that does not even load cannot."""
    from hardware import registry
    from hardware.availability import Availability
    from hardware.errors import LavaFedError

    try:
        backend = registry.find("backend", name)()
    except LavaFedError as error:
        return "", Availability(ok=False, reason=str(error), remedy="install the package that registers it again")
    return backend.title, backend.availability()
