"""Compiled kernels of codecs, of changes and of spikes, and what they are made of."""

from __future__ import annotations

from pathlib import Path

from hardware.machine_code import MachineCode

_HOME = Path(__file__).parent
CODEC = MachineCode(_HOME, tuple(sorted((_HOME.parent / "spike_codec").glob("*.py"))))
