"""What every frontend does: read a model file into a graph.

Frontends register under the entry point group ``lava_fed.frontends``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from compile.graph import Graph
from hardware import registry
from hardware.errors import LavaFedError


class Frontend(ABC):
    """A file format of models.

    Attributes
    ----------
    name : str
        Identifier, as registered.
    title : str
        One line for people.
    suffixes : tuple of str
        Usual endings of such files, with their dot.
    spiking_steps : int
        Steps that a layer of spiking neurons takes where such models come from; see
        ``compile.transforms.align_skips``.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    spiking_steps: int = 1

    @abstractmethod
    def recognises(self, path: Path) -> bool:
        """Say whether ``path``, an existing file, looks like this format; cheap, and never raises."""

    def configured(self, options: Mapping[str, str]) -> Frontend:
        """Return a frontend that reads with the given options.

        Raises
        ------
        LavaFedError
            Where it has no such option, or not this value of it.
        """
        if options:
            raise LavaFedError(f"{self.title} is read without options, found {', '.join(options)}; leave them out")
        return self

    def provenance(self, path: Path) -> dict[str, str]:
        """Return what a Program is to say about how ``path`` was read, where the file leaves something open."""
        del path
        return {}

    @abstractmethod
    def read(self, path: Path) -> Graph:
        """Read the whole model.

        Raises
        ------
        ContainerError
            Where the file cannot be read, is damaged or hostile.
        UnsupportedLayerError
            Where the model uses what the graph cannot express; the message names layer, feature and remedy.
        """


def find_frontend(path: Path) -> Frontend:
    """Return the registered frontend that recognises ``path``.

    Raises
    ------
    LavaFedError
        Where there is no such file, or none recognises it.
    """
    if not path.is_file():
        raise LavaFedError(f"{path} is not a file" if path.exists() else f"there is no file {path}")
    frontends: list[Frontend] = [registry.find("frontend", name)() for name in registry.names("frontend")]
    for frontend in frontends:
        if frontend.recognises(path):
            return frontend
    known = "; ".join(f"{frontend.title} ({', '.join(frontend.suffixes)})" for frontend in frontends)
    raise LavaFedError(f"{path} is not a model that can be compiled; known are: {known or 'none'}")
