"""What Lava's own learning synapses do not do: begin anew in place, and rest where a call does not teach."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.lava.call import Anew, Call

_PORTS = "s_in_bap", "s_in_y1", "s_in_y2", "s_in_y3"


class Taught(Anew):
    """Mixed into the models of synapses that learn.

    As a call begins they take up its weights, and new random generators from its seed, as Lava's models make them
    when they are built. Samples that the seed has learned before move time and generators on.
    """

    _learning_rule: Any

    def begin(self, call: Call) -> None:
        """Take up the weights and the seed."""
        name, lesson = self.proc_params["name"], call.lesson
        if name in call.weights:
            self.take(call.weights[name].astype(np.int32))
        self._learning = lesson is not None and name not in lesson.frozen
        if lesson is not None:
            model: Any = self
            self._learning_rule.rng_seed = lesson.seed
            model._init_randoms()
            before = lesson.after * call.sample_steps
            for traces in (model._x_random, model._y_random):  # both advance twice a step
                traces._rng_trace_decay.bit_generator.advance(2 * before)
            model._conn_var_random._rng.bit_generator.advance(before // self._learning_rule.t_epoch)
            self.time_step += before

    def take(self, weights: NDArray[np.int32]) -> None:
        """Replace the weights."""
        self.weights = weights

    def recv_traces(self, s_in: NDArray[Any]) -> None:
        """Note what sources and targets say; without a lesson, only listen."""
        model: Any = super()
        if self._learning:
            model.recv_traces(s_in)
            return
        for port in _PORTS:
            getattr(self, port).recv()

    def _saturate_synaptic_variable(self, name: str, values: Any) -> Any:
        """Keep weights in the range that the rule leaves them, too, which may be narrower than Lava's."""
        model: Any = super()
        kept = model._saturate_synaptic_variable(name, values)
        return kept.clip(*self.proc_params["learned_range"]) if name == "weights" else kept

    def lrn_guard(self) -> bool:
        """Say whether an epoch ends."""
        model: Any = super()
        return self._learning and bool(model.lrn_guard())
