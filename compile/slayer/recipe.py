"""The training recipe: what to train, on what, and how, as a strict TOML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from compile.errors import RecipeError
from hardware.toml_table import Table, read_toml

KIND = "recipe"
THRESHOLD_STEP = 1 / 64
"""SLAYER keeps thresholds in this step."""
THRESHOLD_LIMIT = 64.0
"""SLAYER decides spikes in single precision, which from here on no longer tells v = threshold from above it."""


@dataclass(frozen=True)
class Data:
    """Section ``[data]``: what to train on.

    Attributes
    ----------
    name : str
        A data set that lava-fed knows.
    split : str
        The part of it to train on.
    test : str
        The part to test on after each epoch.
    steps : int
        Time steps of a sample, 1..4096.
    """

    name: str
    split: str
    test: str
    steps: int


@dataclass(frozen=True)
class Model:
    """Section ``[model]``: dense layers of CUBA neurons.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer, 1..65536, at most 16 layers; inputs and outputs follow from the data.
    threshold : float
        Firing threshold in the unit of weights, 1/64..64 - 1/64; rounded down to 1/64 by SLAYER.
    current_decay, voltage_decay : float
        Fractions forgotten per step, 0..1; rounded to 1/4096 by SLAYER.
    weight_scale : float
        Factor on torch's initial weights, 0.001..1000.
    """

    hidden: tuple[int, ...]
    threshold: float
    current_decay: float
    voltage_decay: float
    weight_scale: float = 1.0


@dataclass(frozen=True)
class Training:
    """Section ``[training]``: Adam on SLAYER's spike rate loss.

    Attributes
    ----------
    epochs, batch : int
        Passes over the data, 1..10000; samples per step, 1..65536.
    learning_rate : float
        Of Adam, 1e-8..1.
    seed : int
        Decides initial weights and the order of samples, 0..2^31-1.
    true_rate, false_rate : float
        Wanted spikes per step of the output unit of the label, and of the others, 0..1.
    hidden_rate : float
        Least mean spikes per step wanted of every hidden unit, 0..1, so that none falls silent.
    hidden_weight : float
        Weight of that wish in the loss, per sample, 0..1000; 0 switches it off.
    gradient_width : float
        How far from the threshold, in thresholds, a voltage's gradient falls to 1/e, 0.01..1000. SLAYER's own 100
        passes the same gradient to all; narrow ones learn features from many inputs far sooner.
    """

    epochs: int
    batch: int
    learning_rate: float
    seed: int
    true_rate: float = 0.4
    false_rate: float = 0.03
    hidden_rate: float = 0.1
    hidden_weight: float = 0.0
    gradient_width: float = 100.0


@dataclass(frozen=True)
class Mismatch:
    """Section ``[mismatch]``: each batch is trained on the weights of another imperfect device.

    Attributes
    ----------
    profile : str
        Name of a device profile, or path of a TOML file, relative to the recipe.
    severity : float
        Factor on all that the profile says, 0..100.
    after : int
        Epochs that are trained on perfect weights first, less than all; the others are fine tuning.
    """

    profile: str
    severity: float = 1.0
    after: int = 0


@dataclass(frozen=True)
class Recipe:
    """A whole recipe.

    Attributes
    ----------
    data : Data
        What to train on.
    model : Model
        What to train.
    training : Training
        How.
    mismatch : Mismatch or None
        For which imperfect devices; ``None`` for perfect ones.
    """

    data: Data
    model: Model
    training: Training
    mismatch: Mismatch | None = None

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read a recipe file.

        Parameters
        ----------
        path : Path
            A TOML file; see ``cli/demo/digits.toml`` for all keys. The attributes without default are required.

        Raises
        ------
        RecipeError
            Where the file is missing, not TOML, or a key is unknown, missing, of the wrong type or out of range.
        """
        root = Table(read_toml(path, KIND, RecipeError), "", str(path), KIND, RecipeError)
        data = _data(root.table("data", required=True))
        model = _model(root.table("model", required=True))
        training = _training(root.table("training", required=True))
        mismatch = None
        if root.has("mismatch"):
            mismatch = _mismatch(root.table("mismatch"), path.parent, training.epochs - 1)
        root.finish()
        return cls(data, model, training, mismatch)


def _data(table: Table) -> Data:
    data = Data(
        name=table.text("name"),
        split=table.text("split"),
        test=table.text("test"),
        steps=table.integer("steps", 1, 4096),
    )
    table.finish()
    return data


def _model(table: Table) -> Model:
    model = Model(
        hidden=table.integers("hidden", 1, 65536, most=16),
        threshold=table.number("threshold", THRESHOLD_STEP, THRESHOLD_LIMIT - THRESHOLD_STEP),
        current_decay=table.number("current_decay", 0, 1),
        voltage_decay=table.number("voltage_decay", 0, 1),
        weight_scale=table.number("weight_scale", 1e-3, 1e3, default=Model.weight_scale),
    )
    table.finish()
    return model


def _training(table: Table) -> Training:
    training = Training(
        epochs=table.integer("epochs", 1, 10_000),
        batch=table.integer("batch", 1, 65536),
        learning_rate=table.number("learning_rate", 1e-8, 1),
        seed=table.integer("seed", 0, 2**31 - 1),
        true_rate=table.number("true_rate", 0, 1, default=Training.true_rate),
        false_rate=table.number("false_rate", 0, 1, default=Training.false_rate),
        hidden_rate=table.number("hidden_rate", 0, 1, default=Training.hidden_rate),
        hidden_weight=table.number("hidden_weight", 0, 1e3, default=Training.hidden_weight),
        gradient_width=table.number("gradient_width", 0.01, 1e3, default=Training.gradient_width),
    )
    table.finish()
    return training


def _mismatch(table: Table, folder: Path, last: int) -> Mismatch:
    profile = table.text("profile")
    mismatch = Mismatch(
        profile=str(folder / profile) if profile.endswith(".toml") else profile,
        severity=table.number("severity", 0, 100, default=Mismatch.severity),
        after=table.integer("after", 0, last, default=Mismatch.after),
    )
    table.finish()
    return mismatch
