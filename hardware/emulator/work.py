"""The working memory of one thread: what changes from step to step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.emulator.arrays import Flags, States, Table, aligned
from hardware.emulator.blocks import BLOCK
from hardware.emulator.image import Image
from hardware.emulator.kernels_convolution import GUESSED
from hardware.emulator.tables import TRACE_ROWS


class Work(NamedTuple):
    """Arrays that the kernels change; units are counted over all populations.

    Attributes
    ----------
    states : int32 array, shape (STATE_ROWS, units)
        States of neurons and teachers.
    traces : int32 array, shape (3, traces)
        Traces of synapses that learn.
    fired : uint8 array, shape (units,)
        1 where a unit sends a plain spike in this step; 0 for units that send integers.
    messages : int32 array, shape (units,)
        What a unit sends that sends integers; for others it is of use within a phase only.
    events : int32 array, shape (units + GUESSED,)
        Lists of senders, see ``list_senders``.
    found : int64 array, shape (populations, 3)
        What ``list_senders`` found.
    inbox : int32 array
        Sums under way to the layers.
    outbox : int32 array
        Messages held back by axons.
    short, sums : int16 and int32 array
        Sums of one connection while it delivers; all zero before and after.
    spikes : int64 array, shape (populations,)
        Messages counted so far.
    operations : int64 array, shape (connections,)
        Synapses reached so far.
    """

    states: States
    traces: States
    fired: Flags
    messages: States
    events: States
    found: Table
    inbox: States
    outbox: States
    short: NDArray[np.int16]
    sums: States
    spikes: Table
    operations: Table


def allocate(image: Image) -> Work:
    """Make the working memory that an image needs."""
    units, sizes = image.rest.shape[1], image.sizes
    return Work(
        states=np.empty_like(image.rest),
        traces=np.empty((TRACE_ROWS, sizes[4]), np.int32),
        fired=aligned(units, np.uint8),
        messages=aligned(units, np.int32),
        events=aligned(units + GUESSED, np.int32),
        found=np.zeros((len(image.populations), 3), np.int64),
        inbox=aligned(sizes[0], np.int32),
        outbox=aligned(sizes[1], np.int32),
        short=aligned(sizes[3] + BLOCK, np.int16),
        sums=aligned(sizes[2] + BLOCK, np.int32),
        spikes=aligned(len(image.populations), np.int64),
        operations=aligned(len(image.connections), np.int64),
    )
