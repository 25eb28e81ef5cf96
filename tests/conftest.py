"""What holds for every test."""

from __future__ import annotations

import signal

import pytest

# A shell starts background jobs with Ctrl-C ignored, and children inherit that; the tests of Ctrl-C need it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs no kernels: in a fresh clone one worker does that while another compiles them."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/lava/"))
