"""The traffic of a placement, held against what it could be."""

from __future__ import annotations

from dataclasses import dataclass

from compile.place.bounds import expected, lower_bound
from compile.place.placing import Placing, place, window
from hardware.activity import Activity
from hardware.network import Network
from hardware.placement.mesh import Mesh
from hardware.placement.part import parts_of
from hardware.placement.traffic import Links, links


@dataclass(frozen=True)
class Comparison:
    """Messages times hops per step.

    Attributes
    ----------
    measured : bool
        Whether rates were measured; else they are assumed.
    messages : float
        Messages per step between different cores.
    found : float
        Of this placement.
    linear : float
        Of cores filled in order, one after the other.
    random : float
        The mean over all placements of the same parts on the same chips.
    bound : float
        Not undercut by any placement of the same parts on them.
    """

    measured: bool
    messages: float
    found: float
    linear: float
    random: float
    bound: float


def compare(network: Network, mesh: Mesh, joined: Links, activity: Activity) -> Comparison:
    """Hold a placement against linear placement, random placement and a lower bound.

    Parameters
    ----------
    network : Network
        The integers.
    mesh : Mesh
        Chip and board.
    joined : Links
        What joins its cores.
    activity : Activity
        How often its units send.
    """
    flow = joined.between()
    cores = window(mesh, len(flow))
    hops = mesh.hops(cores, cores)
    plain = links(network, parts_of(place(network, mesh, Placing("linear", activity=activity))), activity)
    return Comparison(
        measured=activity.measured,
        messages=float(flow.sum()) / 2 / activity.steps,
        found=joined.traffic(mesh) / activity.steps,
        linear=plain.traffic(mesh) / activity.steps,
        random=expected(flow, hops) / activity.steps,
        bound=lower_bound(flow, hops) / activity.steps,
    )
