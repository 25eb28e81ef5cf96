"""What the compiled learning kernels can run of all learning rules."""

from __future__ import annotations

from hardware.errors import BackendError
from hardware.learning import LearningRule
from hardware.learning.product import Factor
from hardware.learning.rule import Graded
from hardware.network import Network

COUNTED = ("x1", "x2", "y1", "w")
"""Factors that the kernels know, each without a constant."""


def check_learning(network: Network) -> None:
    """Refuse a network whose rules the kernels cannot run.

    Raises
    ------
    BackendError
        Naming the connection, and what its rule has that the kernels have not.
    """
    for connection in network.plastic:
        beyond = "" if connection.rule is None else _beyond(connection.rule)
        if beyond:
            raise BackendError(
                f"backend emulator: connection {connection.name} learns by a rule with {beyond}, which its "
                "kernels cannot run yet; use the lava backend, or a rule of dw with x0, u<k>, x1, x2, y1 and w"
            )


def _beyond(rule: LearningRule) -> str:
    if rule.dd or rule.dt:
        return "a changing delay" if rule.dd else "a changing tag"
    if rule.two_factor:
        return "traces of the target"
    if rule.graded is not Graded.IMPULSE:
        return "payloads of messages"
    for product in rule.products:
        if product.dependency == "y0":
            return "the dependency y0"
        for factor in product.factors:
            if factor not in map(Factor, COUNTED):
                return f"the factor {factor}"
    return ""
