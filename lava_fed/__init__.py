"""Federated on-chip learning for Loihi-class chips: the public face of all rooms.

``import lava_fed`` is light; each name below loads its room when it is first used.

>>> import lava_fed
>>> method = lava_fed.supervised(rate=-4)
>>> method.rule.text
'2^-4*u0*x1*y1'
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_HOMES = {
    "hardware.backend": ("Backend",),
    "hardware.chip.board": ("Board",),
    "hardware.chip.known": ("find_chip",),
    "hardware.chip.spec": ("ChipSpec",),
    "hardware.counters": ("Counters",),
    "hardware.emulator.engine": ("EmulatorBackend",),
    "hardware.errors": ("LavaFedError",),
    "hardware.lava.cpu": ("LavaBackend",),
    "hardware.learning": ("LearningMethod", "LearningRule", "Teacher", "supervised"),
    "hardware.mismatch.apply": ("imperfect",),
    "hardware.mismatch.known": ("find_profile",),
    "hardware.mismatch.profile": ("DeviceProfile",),
    "hardware.network": ("Connection", "Layer", "Network"),
    "hardware.neurons.cuba": ("Cuba",),
    "hardware.program": ("Program",),
    "hardware.run_result": ("RunResult",),
    "hardware.session": ("Session",),
    "hardware.spikes": ("SpikeTrain",),
    "hardware.streaming": ("run_parts",),
    "hardware.synapses.dense": ("Dense",),
    "hardware.synapses.grid": ("SignMode", "WeightGrid"),
    "compile.errors": ("RuleViolationError",),
    "compile.live": ("compile_module",),
    "compile.pipeline": ("compile_graph", "compile_model"),
    "compile.quantize": ("Scheme", "quantize_post_training"),
    "compile.slayer.perturb": ("perturbed",),
    "lava_fed.aggregate.aggregator": ("Aggregator", "MasterState"),
    "lava_fed.aggregate.fedavg": ("FedAvg",),
    "lava_fed.aggregate.rule": ("Combined", "Rule"),
    "lava_fed.codec.codec": ("Codec",),
    "lava_fed.config": ("FederationConfig",),
    "lava_fed.data.dataset": ("DataSet",),
    "lava_fed.data.encode": ("rate_code",),
    "lava_fed.data.sink": ("Sink",),
    "lava_fed.data.source": ("Source",),
    "lava_fed.messages.delta": ("WeightDelta",),
    "lava_fed.fleet": ("Fleet", "Reply"),
    "lava_fed.learning.learner": ("Learner",),
    "lava_fed.learning.state": ("LearningState",),
    "lava_fed.local.device": ("Device",),
    "lava_fed.local.trainer": ("Job", "Outcome", "Trainer", "Work"),
    "lava_fed.observer": ("Observer",),
    "lava_fed.runs.baseline": ("Baseline", "Baselines"),
    "lava_fed.runs.record": ("DeviceRecord", "Fate", "RoundRecord"),
    "lava_fed.coordinator.rounds": ("FederationResult", "federate"),
    "lava_fed.runs.run": ("Run", "read_run"),
    "lava_fed.shared": ("Shared",),
    "lava_fed.messages.task": ("Task",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - the table above is the list


def _check_siblings() -> None:
    """Refuse to work where another package hides one of ours; their names are short."""
    root = Path(__file__).resolve().parent.parent
    for name in ("hardware", "compile", "cli"):
        spec = find_spec(name)
        places = (
            [] if spec is None else [spec.origin] if spec.origin else list(spec.submodule_search_locations or [])
        )
        if not places:
            raise ImportError(f"lava-fed needs its package {name!r} beside {root}; install lava-fed again")
        place = Path(places[0]).resolve()
        if root / name not in (place, place.parent):
            raise ImportError(
                f"lava-fed needs its own package {name!r}, but {place} comes first; "
                "rename it, start Python in another folder, or uninstall the package that brings it"
            )


_check_siblings()


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'lava_fed' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
