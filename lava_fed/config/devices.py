"""``[devices]``: who takes part, with which samples, on which chips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hardware.toml_table import Table
from lava_fed.config.data import STEPS_LIMIT
from lava_fed.errors import ConfigError

DEVICES_LIMIT = 10_000
"""Most devices."""
EMULATOR = "emulator"
"""The backend of devices unless the config names another."""
NATURAL = "natural"
"""The partition whose devices are the owners that the data set names."""
PARTITIONS = ("iid", "dirichlet", "classes", "dominant", "quantity", NATURAL)


@dataclass(frozen=True)
class MismatchConfig:
    """``[devices.mismatch]``: how far the chips are from the ideal one.

    Attributes
    ----------
    profile : str
        A device profile's name or path of its TOML file; empty for ideal chips.
    severity : float
        Multiplies every spread and probability of the profile.
    """

    profile: str = ""
    severity: float = 1.0

    @classmethod
    def take(cls, table: Table) -> MismatchConfig:
        """Read the table."""
        found = cls(table.text("profile", default=""), table.number("severity", 0.0, 1e6, default=1.0))
        if not found.profile and table.names:
            raise ConfigError(f"{table.where}: devices.mismatch.profile is missing; name a device profile")
        table.finish()
        return found


@dataclass(frozen=True)
class SkewConfig:
    """``[devices.skew]``: how far the devices' samples are transformed, each device's in its own way.

    Attributes
    ----------
    transform : str
        Name of the transform; empty for none.
    amount : float
        How far the outermost device's samples are transformed, in the transform's own unit.
    """

    transform: str = ""
    amount: float = 0.0

    @classmethod
    def take(cls, table: Table) -> SkewConfig:
        """Read the table."""
        found = cls(table.text("transform", default=""), table.number("amount", 0.0, 1e6, default=0.0))
        if not found.transform and table.names:
            raise ConfigError(f"{table.where}: devices.skew.transform is missing; name a transform")
        if found.transform and not table.has("amount"):
            raise ConfigError(f"{table.where}: devices.skew.amount is missing; say how far the transform goes")
        table.finish()
        return found


@dataclass(frozen=True)
class DevicesConfig:
    """``[devices]``.

    Attributes
    ----------
    count : int
        Devices ``device-0`` to ``device-<count - 1>``; 0 where the data set names its owners.
    partition : str
        How samples are dealt out, one of ``PARTITIONS``.
    alpha : float
        Concentration of the partitions ``"dirichlet"`` (of classes) and ``"quantity"`` (of sizes).
    classes : int
        Classes of each device in the partition ``"classes"``.
    share : float
        Part of a device's samples that are of its own class in the partition ``"dominant"``.
    minimum : int
        Fewest samples of a device.
    backend : str
        Where devices run.
    backends : mapping of str to str
        Devices that run elsewhere.
    steps : mapping of str to int
        Devices with another number of time steps.
    mismatch : MismatchConfig
        Imperfections of the chips.
    skew : SkewConfig
        Transforms of the samples.
    """

    count: int
    partition: str = "dirichlet"
    alpha: float = 0.3
    classes: int = 2
    share: float = 0.55
    minimum: int = 10
    backend: str = EMULATOR
    backends: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    steps: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    mismatch: MismatchConfig = MismatchConfig()
    skew: SkewConfig = SkewConfig()

    @property
    def names(self) -> tuple[str, ...]:
        """The devices' names, in order; none where the data set names them."""
        return tuple(f"device-{index}" for index in range(self.count))

    @classmethod
    def take(cls, table: Table) -> DevicesConfig:
        """Read the table."""
        partition = table.text("partition", default="dirichlet", choices=PARTITIONS)
        count = 0
        if partition != NATURAL:
            count = table.integer("count", 1, DEVICES_LIMIT)
        elif table.has("count"):
            raise ConfigError(
                f"{table.where}: devices.count belongs to the other partitions; with 'natural' every owner in the "
                "data set is a device, so leave it out"
            )
        for key, partition_of in (("classes", "classes"), ("share", "dominant")):
            if table.has(key) and not table.has("partition"):
                raise ConfigError(
                    f"{table.where}: devices.{key} is given, but devices.partition is missing; set it to "
                    f"{partition_of!r}, or leave devices.{key} out"
                )
        alpha = table.number("alpha", 1e-3, 1e6, default=0.3)
        classes = table.integer("classes", 1, 2**31 - 1, default=2)
        share = table.number("share", 0.0, 1.0, default=0.55)
        minimum = table.integer("minimum", 1, 2**31 - 1, default=10)
        backend = table.text("backend", default=EMULATOR)
        elsewhere, longer = table.table("backends"), table.table("steps")
        names = sorted({f"device-{index}" for index in range(count)})
        known = f"device-0 to device-{count - 1}"
        backends = {name: elsewhere.text(name) for name in names or elsewhere.names if elsewhere.has(name)}
        elsewhere.finish(known=known)
        steps = {
            name: longer.integer(name, 1, STEPS_LIMIT - 1) for name in names or longer.names if longer.has(name)
        }
        longer.finish(known=known)
        mismatch, skew = MismatchConfig.take(table.table("mismatch")), SkewConfig.take(table.table("skew"))
        table.finish()
        return cls(
            count,
            partition,
            alpha,
            classes,
            share,
            minimum,
            backend,
            MappingProxyType(backends),
            MappingProxyType(steps),
            mismatch,
            skew,
        )
