"""From a model, in a file or as a graph, to a Program, top to bottom."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from compile.attach_learning import attach_learning, find_method
from compile.blank import BLANK, Blank, blank_network, blank_sizes
from compile.blank_chain import BlankChain, blank_chain
from compile.frontends.frontend import find_frontend
from compile.graph import Graph
from compile.passes import Pass, run_passes
from compile.place.placing import USUAL, Placing, place
from compile.quantize import quantize
from compile.rules.check import check
from compile.transforms.absorb_scales import AbsorbScales
from compile.transforms.align_skips import AlignSkips
from compile.transforms.fold_concat import FoldConcat
from compile.transforms.fold_flatten import FoldFlatten
from compile.transforms.fold_norms import FoldNorms
from compile.transforms.lower_average import LowerAverage
from compile.transforms.lower_pooling import LowerPooling
from compile.transforms.name_layers import NameLayers
from hardware.chip.board import Board
from hardware.chip.known import LOIHI2, find_chip
from hardware.chip.spec import ChipSpec
from hardware.errors import ContainerError, LavaFedError
from hardware.learning import LearningMethod
from hardware.network import Network
from hardware.placement.mesh import Mesh
from hardware.program import Placement, Program

PASSES: tuple[Pass, ...] = (
    NameLayers(),
    FoldNorms(),
    LowerAverage(),
    LowerPooling(),
    FoldConcat(),
    FoldFlatten(),
)
"""What every graph goes through before it is quantized; layers keep their time."""
Quantizer = Callable[[Graph], tuple[Network, Mapping[str, str]]]
"""Turns a graph into integers; returns them with what the provenance is to say about it."""
NO_OPTIONS: Mapping[str, int] = MappingProxyType({})
NO_WORDS: Mapping[str, str] = MappingProxyType({})


def compile_model(
    path: Path,
    *,
    options: Mapping[str, str] = NO_WORDS,
    also: Sequence[Pass] = (),
    chip: ChipSpec | str = LOIHI2,
    board: Board | str | None = None,
    learn: str | None = None,
    learn_options: Mapping[str, int] = NO_OPTIONS,
    fresh: bool = False,
    quantizer: Quantizer | None = None,
    placing: Placing = USUAL,
    on_stage: Callable[[str], None] | None = None,
) -> Program:
    """Compile a model file to a Program.

    Parameters
    ----------
    path : Path
        A file that one of the registered frontends recognises, or the sizes of a network that knows nothing yet,
        as ``784-512-10``: for a ``learn`` that teaches all layers, or without one for training off the chip.
    options : mapping of str to str
        How that frontend is to read it, where the file leaves something open; the fields of ``Blank``
        for sizes, those of ``BlankChain`` without ``learn``.
    also : sequence of Pass
        Further passes after the usual ones, as ``RemoveDead()``.
    chip, board, learn, learn_options, fresh, quantizer, placing, on_stage
        As ``compile_graph``.

    Returns
    -------
    Program
        Placed, with what the design rules measured.

    Raises
    ------
    LavaFedError
        One sentence about whatever does not fit, naming the layer.
    """
    method, stage = _find_method(learn, learn_options, fresh=fresh), on_stage or _silent
    stage("read")
    sizes = blank_sizes(path)
    if sizes is not None:
        if fresh or quantizer is not None or also:
            raise LavaFedError(f"{path}: {BLANK}")
        if method is None:
            network, learns = blank_chain(sizes, BlankChain.of(options)), {}
        else:
            network, learns = blank_network(sizes, method, Blank.of(options)), {"learning_rule": method.name}
        return place_network(
            network,
            *_carrier(chip, board),
            placing=placing,
            provenance={"model": path.name, "frontend": "blank", **learns, **options},
            on_stage=on_stage,
        )
    frontend = find_frontend(path).configured(options)
    graph = frontend.read(path)
    return compile_graph(
        graph,
        passes=(*aligned(frontend.spiking_steps), *also),
        chip=chip,
        board=board,
        learn=learn,
        learn_options=learn_options,
        fresh=fresh,
        quantizer=quantizer,
        placing=placing,
        provenance={
            "model": path.name,
            "model_sha256": _sha256(path),
            "frontend": frontend.name,
            **frontend.provenance(path),
        },
        on_stage=on_stage,
    )


def compile_graph(
    graph: Graph,
    *,
    passes: Sequence[Pass] = PASSES,
    chip: ChipSpec | str = LOIHI2,
    board: Board | str | None = None,
    learn: str | None = None,
    learn_options: Mapping[str, int] = NO_OPTIONS,
    fresh: bool = False,
    quantizer: Quantizer | None = None,
    placing: Placing = USUAL,
    provenance: Mapping[str, str] = NO_WORDS,
    on_stage: Callable[[str], None] | None = None,
) -> Program:
    """Compile a graph to a Program.

    Parameters
    ----------
    graph : Graph
        A model in real numbers.
    passes : sequence of Pass
        What rewrites it; ``aligned`` gives those for graphs whose edges should not all take a step.
    chip : ChipSpec or str
        The chip to compile for, or what ``find_chip`` finds it by.
    board : Board or str, optional
        The board that carries several such chips, or its name; one chip alone by default.
    learn : str, optional
        Registered learning rule for the connections into the last layer.
    learn_options : mapping of str to int
        The rule's options.
    fresh : bool
        Start the learning weights from zero; needs ``learn``.
    quantizer : Quantizer, optional
        How real numbers become integers; exactly or not at all by default.
    placing : Placing
        How a placement is found.
    provenance : mapping of str to str
        Where the graph came from.
    on_stage : callable, optional
        Told the name of each stage as it begins.

    Returns
    -------
    Program
        Placed, with what the design rules measured.

    Raises
    ------
    LavaFedError
        One sentence about whatever does not fit, naming the layer.
    """
    stage = on_stage or _silent
    method = _find_method(learn, learn_options, fresh=fresh)
    carrier = _carrier(chip, board)
    graph = run_passes(graph, passes, between=lambda name, _: stage(name))
    stage("quantize")
    network, said = (quantize(graph), NO_WORDS) if quantizer is None else quantizer(graph)
    provenance = {**provenance, **said}
    if learn is not None and method is not None:
        stage("attach-learning")
        network = attach_learning(network, method, fresh=fresh)
        provenance["learning_rule"] = learn
    return place_network(network, *carrier, placing=placing, provenance=provenance, on_stage=on_stage)


def aligned(spiking_steps: int) -> tuple[Pass, ...]:
    """Return the passes for a graph from a framework in which layers of spiking neurons take so many steps.

    Parameters
    ----------
    spiking_steps : int
        See ``AlignSkips``.
    """
    return (*PASSES, AbsorbScales(), AlignSkips(spiking_steps))


def place_network(
    network: Network,
    chip: ChipSpec,
    board: Board | None = None,
    *,
    placing: Placing = USUAL,
    provenance: Mapping[str, str] = NO_WORDS,
    on_stage: Callable[[str], None] | None = None,
) -> Program:
    """Check an integer network against a chip's design rules and place it.

    Parameters
    ----------
    network : Network
        The integers.
    chip : ChipSpec
        The chip.
    board : Board, optional
        The board that carries several such chips; one chip alone by default.
    placing : Placing
        How a placement is found; the provenance tells where that is not the usual way.
    provenance : mapping of str to str
        Where the network came from.
    on_stage : callable, optional
        Told the name of each stage as it begins.

    Raises
    ------
    RuleViolationError
        Naming every rule that is broken, with layer, used, limit and remedy.
    """
    stage = on_stage or _silent

    def placed(network: Network, mesh: Mesh) -> tuple[Placement, ...]:
        stage("place")
        return place(network, mesh, placing)

    def quick(network: Network, mesh: Mesh) -> tuple[Placement, ...]:
        return place(network, mesh, Placing("linear"))

    stage("check")
    found = check(network, Mesh.of(chip, board), placed, quick=quick)
    said = {**provenance, "placement": placing.words} if placing != USUAL else dict(provenance)
    return Program(network, chip, found.placement, found.uses, said, board)


def _find_method(learn: str | None, options: Mapping[str, int], *, fresh: bool) -> LearningMethod | None:
    if learn is None and (fresh or options):
        raise LavaFedError("fresh weights and learning options need a learning rule; choose one with --learn")
    return None if learn is None else find_method(learn, options)


def _carrier(chip: ChipSpec | str, board: Board | str | None) -> tuple[ChipSpec, Board | None]:
    """Find chip and board by their names."""
    spec = find_chip(chip) if isinstance(chip, str) else chip
    return spec, spec.board(board) if isinstance(board, str) else board


def _silent(stage: str) -> None:
    del stage


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ContainerError(f"cannot read {path}: {error.strerror or error}") from error
