"""From a live SLAYER module to a Program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from compile.passes import Pass
from compile.pipeline import NO_OPTIONS, Quantizer, aligned, compile_graph
from compile.slayer.live_module import read_module, weight_hooks
from hardware.chip.board import Board
from hardware.chip.known import LOIHI2
from hardware.chip.spec import ChipSpec
from hardware.program import Program


def compile_module(
    module: Any,
    *,
    input_shape: Sequence[int] | int | None = None,
    skips: Sequence[tuple[int, int]] | None = None,
    also: Sequence[Pass] = (),
    chip: ChipSpec | str = LOIHI2,
    board: Board | str | None = None,
    learn: str | None = None,
    learn_options: Mapping[str, int] = NO_OPTIONS,
    fresh: bool = False,
    quantizer: Quantizer | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Program:
    """Compile a live SLAYER module, without a file, to a Program.

    Parameters
    ----------
    module : torch.nn.Module
        A block, a ``Sequential`` or ``ModuleList`` of blocks, or a module that has one as ``blocks`` or
        ``layers``. It is not changed.
    input_shape : ints, optional
        What the first block reads, channels first; needed where that is an image and no input block has seen one.
    skips : sequence of (int, int), optional
        Pairs (from, into) of blocks, as ``compile.slayer.live_module.read_module`` takes them.
    also : sequence of Pass
        Further passes after the usual ones, as ``RemoveDead()``.
    chip, board, learn, learn_options, fresh, quantizer, on_stage
        As ``compile.pipeline.compile_graph``.

    Returns
    -------
    Program
        Placed, with what the design rules measured; its provenance names the quantization hooks of the synapses.

    Raises
    ------
    LavaFedError
        One sentence about whatever does not fit, naming the block.
    """
    if on_stage is not None:
        on_stage("read")
    graph = read_module(module, input_shape, skips)
    hooks = ", ".join(dict.fromkeys(weight_hooks(module).values()))
    return compile_graph(
        graph,
        passes=(*aligned(1), *also),
        chip=chip,
        board=board,
        learn=learn,
        learn_options=learn_options,
        fresh=fresh,
        quantizer=quantizer,
        provenance={"model": type(module).__name__, "frontend": "slayer-module", "weights_quantized_by": hooks},
        on_stage=on_stage,
    )
