"""An .npz archive that is written in parts, so that it may be larger than memory."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hardware.container import check_regular, replacing
from hardware.errors import ContainerError, LavaFedError

COMPRESSION = 1
"""Level of zlib: on spikes and voltages higher ones take several times as long for some percent."""
BLOCK = 1 << 20
"""Bytes that are packed at once."""


class Sink:
    """Arrays by name, each growing along its first axis; use it as a context manager.

    What is given goes to plain files in a folder beside the target; ``finish`` packs them. Equal content gives
    equal bytes, whatever the parts. Without ``finish``, as after an error or Ctrl-C, nothing is left behind.

    Parameters
    ----------
    path : Path
        The archive; an existing file is replaced only once the new one is complete on disk.
    samples : int
        Length of the first axis of every array.

    Raises
    ------
    ContainerError
        Here and in every method: where the disk is full, the folder missing or not writable, or ``path`` is no
        file.
    """

    def __init__(self, path: Path, samples: int) -> None:
        check_regular(path)
        self._path, self._samples = path, samples
        self._files: dict[str, IO[bytes]] = {}
        self._forms: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {}
        self._written: dict[str, int] = {}
        self._size = 0
        try:
            target = path.resolve() if path.is_symlink() else path
            self._folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".parts"))
        except (OSError, RuntimeError) as error:
            raise self._failed(error) from error

    def add(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Append the next samples to each array.

        Parameters
        ----------
        arrays : mapping of str to array, shape (samples of the part, ...)
            Of the same names, types and further axes every time.

        Raises
        ------
        LavaFedError
            Where an array has another type or other axes than before; nothing of this part is then added.
        """
        forms = {name: (array.dtype.newbyteorder("<"), array.shape[1:]) for name, array in arrays.items()}
        for name, form in forms.items():
            before = self._forms.get(name, form)
            if form != before:
                raise LavaFedError(
                    f"{self._path}: a sample of array {name} was {before[0]}{before[1]} and now is "
                    f"{form[0]}{form[1]}; give every part the same form"
                )
        try:
            for name, array in arrays.items():
                if name not in self._files:
                    self._files[name] = (self._folder / str(len(self._files))).open("wb")
                    self._forms[name] = forms[name]
                values = np.ascontiguousarray(array, dtype=forms[name][0])
                self._size += self._files[name].write(values.data)
                self._written[name] = self._written.get(name, 0) + len(array)
        except OSError as error:
            raise self._failed(error) from error

    @property
    def size(self) -> int:
        """Bytes that have been added so far."""
        return self._size

    def finish(self, packed: Callable[[int], None] | None = None) -> None:
        """Pack the archive and put it in its place.

        Parameters
        ----------
        packed : callable, optional
            Told now and then how many bytes of ``size`` are done.

        Raises
        ------
        LavaFedError
            Where an array has more or fewer samples than were announced.
        """
        short = [name for name, count in self._written.items() if count != self._samples]
        if short:
            raise LavaFedError(
                f"{self._path}: array {short[0]} has {self._written[short[0]]} of {self._samples} samples; add "
                "all of them before it is finished"
            )
        try:
            for file in self._files.values():
                file.close()
        except OSError as error:
            raise self._failed(error) from error
        done = 0
        with replacing(self._path) as file, _packer(file) as archive:
            for number, (name, (dtype, axes)) in enumerate(self._forms.items()):
                header = {"descr": dtype.str, "fortran_order": False, "shape": (self._samples, *axes)}
                raw = self._folder / str(number)
                with raw.open("rb") as body, archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array_header_1_0(member, header)  # type: ignore[no-untyped-call]
                    while block := body.read(BLOCK):
                        member.write(block)
                        done += len(block)
                        if packed is not None:
                            packed(done)
                raw.unlink()

    def close(self) -> None:
        """Remove the plain files."""
        for file in self._files.values():
            try:
                file.close()
            except OSError:  # what could not be flushed is about to be removed
                continue
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Sink:
        """Return the sink."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the plain files."""
        self.close()

    def _failed(self, error: OSError | RuntimeError) -> ContainerError:
        return ContainerError(f"cannot write {self._path}: {getattr(error, 'strerror', None) or error}")


def _packer(file: IO[bytes]) -> zipfile.ZipFile:
    """Return an empty archive; zipfile dates its members 1980, so that equal content gives equal bytes."""
    return zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION)
