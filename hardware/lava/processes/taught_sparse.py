"""Lava's own ``LearningSparse``, made to learn what its rule says.

Lava's model keeps no tag, forgets a synapse whose weight is 0 in the first step, cannot evaluate rules that read
weights, tags or delays, and its matrices cannot be read through a ``RefPort``. So weights and tags are kept as
lists here, and Lava's arithmetic for dense synapses is applied to them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.variable import Var
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.sparse.models import PyLearningSparseModelBitApproximate
from lava.proc.sparse.process import LearningSparse
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # comes with Lava

from hardware.lava.call import Call
from hardware.lava.taught import Taught
from hardware.synapses.sparse import Sparse

_LISTED = "weights", "tag_1", "tag_2"


class TaughtSparse(LearningSparse):
    """Lava's ``LearningSparse`` with more parameters and Vars.

    Parameters
    ----------
    synapse : Sparse
        The synapses; ``weights_listed``, ``tag_1_listed`` and ``tag_2_listed`` are in their order.
    **parameters
        Lava's, ``calls``, and ``learned_range`` of the weights.
    """

    def __init__(self, *, synapse: Sparse, **parameters: Any) -> None:
        super().__init__(weights=csr_matrix(synapse.shape, dtype=np.int32), **parameters)
        self.proc_params["ends"] = (synapse.target_of, synapse.source_of)
        shape = synapse.weights.shape
        self.weights_listed = Var(shape=shape, init=synapse.weights.astype(np.int32))
        self.tag_1_listed, self.tag_2_listed = (Var(shape=shape, init=0) for _ in range(2))


@implements(proc=TaughtSparse, protocol=LoihiProtocol)
class PyTaughtSparse(Taught, PyLearningSparseModelBitApproximate):
    """TaughtSparse on the CPU."""

    implements_process = None  # the parent's, which the decorator would not replace

    weights_listed: np.ndarray = LavaPyType(np.ndarray, np.int32)
    tag_1_listed: np.ndarray = LavaPyType(np.ndarray, np.int32)
    tag_2_listed: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def take(self, weights: np.ndarray) -> None:
        """Replace the weights."""
        self.weights_listed = weights

    def begin(self, call: Call) -> None:
        """Take up the weights and the seed."""
        super().begin(call)
        self._gather()

    def step(self) -> None:
        """Advance by one step, as Lava does."""
        PyLearningSparseModelBitApproximate.run_spk(self)

    def _gather(self) -> None:
        """Make Lava's matrix of the list, with synapses of weight 0 among the rest."""
        self.weights = csr_matrix((self.weights_listed, self.proc_params["ends"]), self.proc_params["shape"])
        self.weights_set = True

    def _apply_learning_rules(self, x_traces_history: np.ndarray, y_traces_history: np.ndarray) -> None:
        ends = self.proc_params["ends"]
        for name in _LISTED:
            spread = np.zeros(self.proc_params["shape"], int)
            spread[ends] = getattr(self, f"{name}_listed")
            setattr(self, name, spread)
        super()._apply_learning_rules(x_traces_history, y_traces_history)
        for name in _LISTED:
            setattr(self, f"{name}_listed", getattr(self, name)[ends].astype(np.int32))
        self._gather()
