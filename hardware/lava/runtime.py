"""A Lava process graph at work inside the worker, so that its failures are seen."""

from __future__ import annotations

import os
import struct
import traceback
from pathlib import Path
from typing import Any

from hardware.lava import warden

CHANNEL_SIZE = 4
"""Messages that a channel can hold. No channel carries more than two per phase; Lava's default of 64 would take
sixteen times the shared memory."""


class Simulation:
    """A graph whose processes are started with the first run and wait for the next after each.

    Parameters
    ----------
    process : lava AbstractProcess
        Any process of the graph. One of the graph's processes must write its step into the folder's
        ``progress`` file (``Recorder`` does), or the warden will see a stall.
    configuration : lava RunConfig
        What runs it.
    folder : Path
        The job's folder.

    Notes
    -----
    The graph is left standing: Lava's ``stop`` hangs after some failures, and the warden ends everything
    anyhow.
    """

    def __init__(self, process: Any, configuration: Any, folder: Path) -> None:
        self._process, self._configuration, self._folder = process, configuration, folder

    def run(self, steps: int) -> None:
        """Run a number of steps."""
        from lava.magma.core.run_conditions import RunSteps

        if self._process.runtime is None:
            self._start()
        self._process.run(condition=RunSteps(num_steps=steps))

    def _start(self) -> None:
        from lava.magma.runtime import runtime

        runtime.target_fn = _Announced(runtime.target_fn, self._folder)
        options = {"pypy_channel_size": CHANNEL_SIZE}
        self._process.create_runtime(run_cfg=self._configuration, compile_config=options)
        with (self._folder / "progress").open("r+b") as progress:
            progress.write(struct.pack("<q", warden.RUNNING))


class _Announced:
    """Lava's entry point of a simulation process, which swallows all errors, made to speak.

    Writes the process's name to ``actors/<pid>``, and what it raises to ``failures`` and the log.
    """

    def __init__(self, entry: Any, folder: Path) -> None:
        self._entry = entry
        self._actors, self._failures = folder / "actors", folder / "failures"

    def __call__(self, *arguments: Any, **options: Any) -> None:
        builder = options["builder"]
        model = getattr(builder, "proc_model", type(builder)).__name__
        parameters = getattr(builder, "proc_params", None)
        given = parameters.get("name") if parameters is not None else None
        name = f"{given} ({model})" if given else model
        (self._actors / str(os.getpid())).write_text(name, encoding="utf-8")
        try:
            self._entry(*arguments, **options)
        except Exception as error:
            traceback.print_exc()
            line = f"process {name!r} of the simulation raised {type(error).__name__}: {error}"
            with self._failures.open("a", encoding="utf-8") as failures:
                failures.write(" ".join(line.split()) + "\n")
            raise
