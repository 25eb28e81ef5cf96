"""Networks that know nothing yet, for methods that teach all of their layers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.learning import LearningMethod
from hardware.learning.feedback import ERROR
from hardware.learning.methods.method import FEEDBACK, HIDDEN, OUTPUT
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Reset
from hardware.synapses.dense import Dense

if TYPE_CHECKING:
    from typing_extensions import Self

READOUT = "readout"
"""Name of the last layer."""
BLANK = (
    "a network that knows nothing takes none of --fresh, --bits and --remove-dead, which are for trained models"
)
"""What to say of arguments that do not go with one."""
UNITS_LIMIT = 1 << 20
_NAME = re.compile(r"[1-9][0-9]{0,6}(-[1-9][0-9]{0,6}){2,8}")


@dataclass(frozen=True)
class Numbers:
    """Options that are integers, none of them negative."""

    def __post_init__(self) -> None:
        """Check the ranges that no neuron and no synapse will."""
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise LavaFedError(
                    f"a blank network's {field.name} {getattr(self, field.name)} must not be negative"
                )

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Self:
        """Read options as texts.

        Raises
        ------
        LavaFedError
            Where there is no such option, or its value is not an integer.
        """
        known = [field.name for field in fields(cls)]
        values: dict[str, int] = {}
        for key, value in options.items():
            if key not in known:
                raise LavaFedError(f"a blank network has no option {key!r}; it has {', '.join(known)}")
            try:
                values[key] = int(value)
            except ValueError:
                raise LavaFedError(f"a blank network's {key} {value!r} is not an integer") from None
        return cls(**values)


@dataclass(frozen=True)
class Blank(Numbers):
    """How a network begins: integrate-and-fire units that forget nothing within a sample, random weights.

    Attributes
    ----------
    threshold : int
        Threshold of hidden units, in weight units.
    threshold_deep : int
        That of the hidden layers behind the first, which hear fewer units; 0 for the same.
    spread : int
        Standard deviation of the first weights into hidden layers.
    spread_out : int
        That of the weights into the readout, and of the feedback where it learns.
    spread_back : int
        That of feedback that stays fixed.
    seed : int
        Of the first weights.
    """

    threshold: int = 1408
    threshold_deep: int = 0
    spread: int = 12
    spread_out: int = 12
    spread_back: int = 32
    seed: int = 0


def blank_sizes(path: Path) -> tuple[int, ...] | None:
    """Read a name such as ``784-512-10``; ``None`` where it is another name, or there is such a file.

    Parameters
    ----------
    path : Path
        What a user called a model.

    Examples
    --------
    >>> blank_sizes(Path("784-512-10")), blank_sizes(Path("digits.net"))
    ((784, 512, 10), None)
    """
    if not _NAME.fullmatch(str(path)) or path.exists():
        return None
    return tuple(int(size) for size in str(path).split("-"))


def blank_network(sizes: Sequence[int], method: LearningMethod, blank: Blank) -> Network:
    """Make a network that a method is to teach from nothing.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, classes. One input more is added, which ``lava_fed.data.pixels`` keeps
        always on: it stands in for biases.
    method : LearningMethod
        With rules for hidden layers, and a readout.
    blank : Blank
        How the network begins. Readout and feedback begin alike where there is one hidden layer.

    Raises
    ------
    LavaFedError
        Where the method cannot teach a whole network, or the sizes are too large.
    """
    teacher, readout = method.teachers.get(HIDDEN), method.readout
    if teacher is None or readout is None:
        raise LavaFedError(
            f"learning rule {method.name!r} does not teach hidden layers, so it cannot begin with a blank "
            "network; choose direct_feedback, or compile a trained model"
        )
    if sum(sizes) > UNITS_LIMIT:
        raise LavaFedError(f"a blank network of {sum(sizes):,} units is over the limit of {UNITS_LIMIT:,}")
    rng, limit = np.random.default_rng(blank.seed), method.rules[HIDDEN].weight_limit
    names = ["hidden"] if len(sizes) == 3 else [f"hidden{number}" for number in range(1, len(sizes) - 1)]
    deep = blank.threshold_deep or blank.threshold
    thresholds = [blank.threshold, *[deep] * (len(names) - 1)]
    layers = [
        Layer(name, Cuba(4096, 0, threshold, np.zeros(units, np.int16), reset=Reset.SUBTRACT), teacher)
        for name, units, threshold in zip(names, sizes[1:-1], thresholds, strict=True)
    ]
    connections: list[Connection] = []
    source, width = INPUT, sizes[0] + 1
    for layer in layers:
        weights = _bell(rng, (layer.units, width), blank.spread, limit)
        connections.append(Connection(source, layer.name, Dense(weights), method.rules[HIDDEN]))
        source, width = layer.name, layer.units
    out = _bell(rng, (sizes[-1], width), blank.spread_out, limit)
    connections.append(Connection(source, READOUT, Dense(out), method.rules[OUTPUT]))
    learns = method.rules.get(FEEDBACK)
    for layer in layers:
        shape = (layer.units, sizes[-1])
        if learns is None:
            back = 2 * _bell(rng, shape, blank.spread_back // 2, limit // 2)  # fixed weights lie on the grid
        else:
            back = out.T if layer is layers[-1] else _bell(rng, shape, blank.spread_out, limit)
        connections.append(Connection(READOUT, layer.name, Dense(back), learns, port=ERROR))
    last = Layer(READOUT, replace(readout, units=sizes[-1]))
    return Network(sizes[0] + 1, (*layers, last), tuple(connections))


def _bell(rng: np.random.Generator, shape: tuple[int, int], spread: int, limit: int) -> NDArray[np.int16]:
    """Draw weights of shape (targets, sources) from a bell, rounded, cut at what can be learned."""
    drawn: NDArray[np.int16] = np.clip(np.rint(rng.normal(0, spread, shape)), -limit, limit - 1).astype(np.int16)
    return drawn
