"""Devices that write examples into free prototypes on their chips, as Lava's CLP does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.counters import Counters
from hardware.errors import LavaFedError
from lava_fed.aggregate.union import classes_of_rows
from lava_fed.local.chip_trainer import ChipTrainer
from lava_fed.local.trainer import Job, Outcome, Work
from lava_fed.messages.delta import change_between
from lava_fed.shared import Shared


class Prototypes(ChipTrainer):
    """Shows samples one by one; what is new, or taken for another class, becomes a prototype of its class.

    Programs are those of ``hardware.learning.methods.prototypes.prototype_network``. A prototype is free while all
    its weights are 0; a sample whose class has none left is passed over. The aggregator ``union`` puts prototypes
    of devices side by side. Learning is one shot, so ``rounds.halve_at`` does nothing to it.

    Parameters
    ----------
    backend : Backend
        Where the devices' Programs run.
    """

    name = "prototypes"

    def check(self, shared: Shared, work: Work) -> None:
        """Check that one connection into prototypes of known classes is shared, that nothing else is asked for."""
        network = shared.program.network
        learning = [each.name for each in network.plastic if each.target != network.output.name]
        if len(network.plastic) != 1 or list(shared.names) != learning:
            raise LavaFedError(
                'method "prototypes" needs a Program in which one connection learns, into a layer of prototypes '
                "that drive the classes; make it with prototype_network, or take another work.method"
            )
        classes_of_rows(shared, learning[0])
        for key in ("proximal", "ewc", "replay"):
            if getattr(work, key):
                raise LavaFedError(
                    f'work.{key} is {getattr(work, key):g}, but with method "prototypes" what is written does not '
                    "move any more; leave it out"
                )
        self.backend.check_learning(network)
        self.meter(shared.program, work)

    def work(self, job: Job) -> Outcome:
        """Learn one round; a pure function of the job."""
        (name,) = job.shared.names
        network, seed = job.program.network, job.task.streams(job.device)[1]
        rows, output = classes_of_rows(job.shared, name), network.output.name
        begin: dict[str, NDArray[np.int16]] = {**job.program.weights(), **job.task.weights}
        free = ~np.any(begin[name], axis=1)
        meter, order = self.meter(job.program, job.work), job.order()
        counters, missed, presented, shown = Counters(learning_updates={name: 0}), 0, 0, 0
        with self.lend(job.program) as session:
            session.write_weights(begin)
            for index in order:
                if not meter.allows(counters, presented, 1):
                    break
                sample = job.data.take(np.array([index]))
                label = int(sample.labels[0])
                told = session.run(sample.x, layers=[output])
                counters, presented, shown = counters + told.counters, presented + 1, shown + 1
                if _right(told.scores(output)[0], label):
                    continue
                missed += 1
                places = np.flatnonzero(free & (rows == label))
                if places.size:
                    taught = session.learn(sample.x, places[:1].astype(np.int32), seed=seed, layers=[output])
                    counters, presented, free[places[0]] = counters + taught.counters, presented + 1, False
            learned = session.weights()
        return Outcome(
            change=change_between(job.task.weights, {name: learned[name]}),
            samples=len(np.unique(order[:shown])),
            counters=counters,
            loss=missed / shown,
            seconds=meter.spent_seconds(counters, presented),
        )


def _right(scores: NDArray[Any], label: int) -> bool:
    """Say whether a class fired, and of several the first is the label; where none fired the sample is new."""
    return bool(scores.max() > 0 and int(scores.argmax()) == label)
