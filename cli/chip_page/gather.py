"""The numbers of the page, gathered from a Program and its activity."""

from __future__ import annotations

from cli.chip_page.content import Content, LayerPart
from cli.rates import in_words
from compile.core_rows import CoreReport
from compile.report import input_shape, layer_rows, limit_rows, takes
from hardware.activity import Activity
from hardware.chip.board import Board
from hardware.energy.account import Account
from hardware.energy.cause import Cause
from hardware.energy.events import Events, count_events
from hardware.errors import LavaFedError
from hardware.program import Program


def gather(
    name: str, program: Program, report: CoreReport, activity: Activity, account: Account | None
) -> Content:
    """Gather what the page shows.

    Parameters
    ----------
    name : str
        Of the file.
    program : Program
        Placed on a chip or board.
    report : CoreReport
        Its cores at that activity.
    activity : Activity
        How often its units send.
    account : Account, optional
        Energy and time of that activity, where a model is known.

    Raises
    ------
    LavaFedError
        Where the Program is not placed.
    """
    if not report.rows:
        raise LavaFedError(
            "the Program is not placed on cores, so there is nothing to draw; compile it for a chip"
        )
    network, axes = program.network, input_shape(program.network)
    shape = f", (channels, height, width) = {axes}" if len(axes) > 1 else ""
    return Content(
        name=name,
        chip=program.chip,
        board=Board.single(program.chip) if program.board is None else program.board,
        rates=f"Rates are {in_words(activity)}",
        report=report,
        layers=_layers(program, report, activity, account),
        limits=limit_rows(program),
        account=account,
        joules={}
        if account is None
        else {
            core: amount.value / activity.steps for core, amount in account.by_core().items() if core is not None
        },
        inputs=f"{network.inputs:,} {takes(program)}{shape}",
        provenance={"digest": program.digest, **dict(sorted(program.provenance.items()))},
    )


def _layers(
    program: Program, report: CoreReport, activity: Activity, account: Account | None
) -> tuple[LayerPart, ...]:
    network = program.network
    targets = {connection.name: connection.target for connection in network.connections}
    bits: dict[str, dict[str, int]] = {layer.name: {} for layer in network.layers}
    for core in report.rows:
        for connection, taken in core.bits.items():
            formats, encoding = bits[targets[connection]], core.encodings[connection]
            formats[encoding] = formats.get(encoding, 0) + taken
    traffic = _traffic(count_events(program, activity) if account is None else account.events)
    joules = None if account is None else account.by_layer()
    return tuple(
        LayerPart(
            row=row,
            cores=tuple(core.core for core in report.rows if row.name in core.layers),
            bits=bits[row.name],
            messages=int(activity.sent[row.name].sum()) / activity.steps,
            traffic=traffic.get(row.name, 0) / activity.steps,
            joules=None
            if joules is None
            else (joules[row.name].value / activity.steps if row.name in joules else 0.0),
        )
        for row in layer_rows(program)
    )


def _traffic(events: Events) -> dict[str, int]:
    """Add up the hops of each layer's messages."""
    hops: dict[str, int] = {}
    for count in events.counts:
        if count.cause in {Cause.HOP_EAST_WEST, Cause.HOP_NORTH_SOUTH}:
            hops[count.layer] = hops.get(count.layer, 0) + count.events
    return hops
