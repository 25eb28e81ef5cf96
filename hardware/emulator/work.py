"""The working memory of one thread: what changes from step to step."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.emulator.arrays import LINE, Flags, States, Table, aligned
from hardware.emulator.blocks import BLOCK
from hardware.emulator.image import Image
from hardware.emulator.kernels_convolution import GUESSED
from hardware.emulator.kernels_events import FOUND, GROUP
from hardware.emulator.tables import TRACE_ROWS


class Work(NamedTuple):
    """Arrays that the kernels change; units are counted over all populations.

    Attributes
    ----------
    states : int32 array, shape (STATE_ROWS, units)
        States of neurons and teachers.
    traces : int32 array, shape (TRACE_ROWS, traces)
        Traces of synapses that learn.
    tags : int32 array, shape (2, tags)
        Delays and tags of synapses whose rules have these.
    lesson : int32 array, shape (rows, targets)
        What is written while an epoch closes; the row NOTHING stays 0.
    fired : uint8 array, shape (units + GROUP,)
        1 where a unit sends a plain spike in this step; 0 for units that send integers.
    messages : int32 array, shape (units,)
        What a unit sends that sends integers; for others it is of use within a phase only.
    events : int32 array, shape (units + GUESSED,)
        Lists of senders, see ``list_senders``.
    found : int64 array, shape (populations, FOUND)
        What ``list_senders`` found.
    inbox : int32 array
        Sums under way to the layers.
    outbox : int32 array
        Messages held back by axons.
    short, sums : int16 and int32 array
        Sums of one connection while it delivers; all zero before and after.
    begins : int32 array
        Working memory of convolutions: where the list of senders comes to each pixel, or patterns.
    spikes : int64 array, shape (populations,)
        Messages counted so far.
    operations : int64 array, shape (connections,)
        Synapses reached so far.
    """

    states: States
    traces: States
    tags: States
    lesson: States
    fired: Flags
    messages: States
    events: States
    found: Table
    inbox: States
    outbox: States
    short: NDArray[np.int16]
    sums: States
    begins: States
    spikes: Table
    operations: Table


def allocate(image: Image) -> Work:
    """Make the working memory that an image needs: one block, in which every array begins on a line of its own."""
    units, sizes = image.rest.shape[1], image.sizes.tolist()
    populations, connections = len(image.populations), len(image.connections)
    shapes: tuple[tuple[type[np.generic], tuple[int, ...]], ...] = (
        (np.int32, image.rest.shape),
        (np.int32, (TRACE_ROWS, sizes[4])),
        (np.int32, (2, sizes[5])),
        (np.int32, (sizes[6], sizes[7])),
        (np.uint8, (units + GROUP,)),
        (np.int32, (units,)),
        (np.int32, (units + GUESSED,)),
        (np.int64, (populations, FOUND)),
        (np.int32, (sizes[0],)),
        (np.int32, (sizes[1],)),
        (np.int16, (sizes[3] + BLOCK,)),
        (np.int32, (sizes[2] + BLOCK,)),
        (np.int32, (sizes[8] + 1,)),
        (np.int64, (populations,)),
        (np.int64, (connections,)),
    )
    starts = [0]
    for dtype, shape in shapes:
        starts.append(starts[-1] - -math.prod(shape) * np.dtype(dtype).itemsize // LINE * LINE)
    block = aligned(starts[-1], np.uint8)
    return Work(
        *(np.ndarray(shape, dtype, block, start) for start, (dtype, shape) in zip(starts, shapes, strict=False))
    )
