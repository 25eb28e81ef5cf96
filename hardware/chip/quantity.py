"""What a chip's description may say: each quantity once, with unit and range."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """One thing that a chip has so many of.

    Attributes
    ----------
    words : str
        What it is, for people.
    unit : str
        What is counted; empty for a yes or no.
    low, high : int
        Values that make sense.
    known : bool
        Whether every chip must say it; ``False`` where a maker may have kept it to himself.
    """

    words: str
    unit: str
    low: int
    high: int
    known: bool = True

    @property
    def yes_or_no(self) -> bool:
        """Whether it is answered by true or false."""
        return not self.unit


_MANY = 1 << 40

QUANTITIES: dict[str, Quantity] = {
    "cores": Quantity("neuromorphic cores of a chip", "cores", 1, 1 << 20),
    "columns": Quantity("width of the mesh", "tiles", 1, 1 << 10),
    "rows": Quantity("height of the mesh", "tiles", 1, 1 << 10),
    "cores_per_tile": Quantity("cores that share a router", "cores", 1, 1 << 10),
    "neurons_per_core": Quantity("neurons of a core", "neurons", 1, 1 << 30),
    "synapse_bytes_per_core": Quantity("synaptic memory of a core", "bytes", 1, _MANY),
    "axons_in_per_core": Quantity("sources that a core can hear", "axons", 1, _MANY, known=False),
    "axons_out_per_core": Quantity("destinations that a core can send to", "axons", 1, _MANY, known=False),
    "weight_bits": Quantity("weight, without its sign", "bits", 1, 32),
    "weight_exponent_min": Quantity("lowest shared weight exponent", "powers of two", -64, 0),
    "weight_exponent_max": Quantity("highest shared weight exponent", "powers of two", 0, 64),
    "delay_max": Quantity("longest delay", "steps", 0, 1 << 16),
    "refractory_max": Quantity("longest refractory delay", "steps", 1, 1 << 16),
    "threshold_bits": Quantity("threshold mantissa", "bits", 1, 32),
    "bias_bits": Quantity("bias mantissa, with its sign", "bits", 2, 32),
    "bias_exponent_bits": Quantity("bias exponent", "bits", 1, 8),
    "decay_bits": Quantity("decay constants", "bits", 1, 32),
    "state_bits": Quantity("current or voltage, with its sign", "bits", 2, 64),
    "graded_bits": Quantity("number that a spike carries", "bits", 0, 64),
    "compartment_configs_per_core": Quantity(
        "different pairs of decays with a refractory delay on a core", "entries", 1, _MANY, known=False
    ),
    "threshold_configs_per_core": Quantity("different thresholds on a core", "entries", 1, _MANY, known=False),
    "synapse_configs_per_core": Quantity(
        "different formats of synapses on a core", "entries", 1, _MANY, known=False
    ),
    "trace_configs_per_core": Quantity("different presynaptic traces on a core", "entries", 1, _MANY, known=False),
    "axon_slots_of_learning": Quantity(
        "input axons that a source of learning synapses takes", "axons", 1, 16, known=False
    ),
    "learning_bytes_reserved_per_core": Quantity(
        "synaptic memory that a core which learns keeps for itself", "bytes", 0, _MANY, known=False
    ),
    "programmable_neurons": Quantity("neurons run microcode", "", 0, 1),
    "graded_spikes": Quantity("spikes carry numbers", "", 0, 1),
    "learning": Quantity("synapses can learn", "", 0, 1),
}
"""Every figure of a chip, by its name in a ``ChipSpec`` and in files."""
