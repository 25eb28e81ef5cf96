"""The emulator's compiled kernels, and what they are made of."""

from __future__ import annotations

from pathlib import Path

from hardware.machine_code import HARDWARE, MachineCode

ARITHMETIC = ("fixed.py", "chip/widths.py")
"""All that kernels use from outside their own folder."""
EMULATOR = MachineCode(Path(__file__).parent, tuple(HARDWARE / name for name in ARITHMETIC))
