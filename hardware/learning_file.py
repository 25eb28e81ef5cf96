"""Rules and third factors as JSON values, and back."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

from hardware.errors import LavaFedError
from hardware.json_values import integers, typed
from hardware.learning.feedback import Feedback
from hardware.learning.reward import Reward
from hardware.learning.rule import Graded, LearningRule, Rounding
from hardware.learning.teacher import Teacher
from hardware.learning.third_factor import ThirdFactor

THIRD_FACTORS: dict[str, type[ThirdFactor]] = {kind.kind: kind for kind in (Teacher, Reward, Feedback)}
"""Every kind of third factor, by its name in files."""
LATER = ("trigger", "once")
"""Numbers that third factors had not at first; files hold them where they are not 0."""


def pack_rule(rule: LearningRule) -> dict[str, Any]:
    """Pack a rule; what came later than its first numbers only where it is not as it always was."""
    first = ("epoch", "x1_impulse", "x1_tau", "x2_impulse", "x2_tau")
    late = {
        f.name: getattr(rule, f.name)
        for f in dataclasses.fields(rule)
        if f.name not in ("dw", "dd", "dt", *first) and getattr(rule, f.name) != f.default
    }
    late |= {name: value.value for name, value in late.items() if isinstance(value, Enum)}
    return {"dw": "", **rule.texts, **{name: getattr(rule, name) for name in first}, **late}


def unpack_rule(packed: dict[str, Any]) -> LearningRule:
    """Make a rule of what ``pack_rule`` left.

    Raises
    ------
    LavaFedError
        Where a value is not one of a rule (``TypeError`` or ``ValueError`` where one is missing or unknown).
    """
    packed = dict(packed)
    sums = {name: typed(packed.pop(name), str, name) for name in ("dw", "dd", "dt") if name in packed}
    graded = Graded(packed.pop("graded", Graded.IMPULSE.value))
    rounding = Rounding(packed.pop("rounding", Rounding.SHARED.value))
    two_factor = typed(packed.pop("two_factor", False), bool, "two_factor")
    numbers: dict[str, Any] = integers(packed)
    return LearningRule.parse(**sums, **numbers, graded=graded, rounding=rounding, two_factor=two_factor)


def pack_third_factor(given: ThirdFactor) -> dict[str, Any]:
    """Pack a third factor; without what came later where it has it not, the teacher also without its name."""
    numbers: dict[str, Any] = dataclasses.asdict(given)  # type: ignore[call-overload]  # each kind is a dataclass
    first = {name: number for name, number in numbers.items() if number or name not in LATER}
    return first if isinstance(given, Teacher) else {"kind": given.kind, **first}


def unpack_third_factor(packed: dict[str, Any], layer: str) -> ThirdFactor:
    """Make a third factor of what ``pack_third_factor`` left; ``layer`` is for errors.

    Raises
    ------
    LavaFedError
        Where its kind or a number is not one of ours (``TypeError`` where one is missing or unknown).
    """
    numbers = dict(packed)
    kind = numbers.pop("kind", Teacher.kind)
    if kind not in THIRD_FACTORS:
        raise LavaFedError(
            f"{layer}: third factor {kind!r} is not supported; known are {', '.join(THIRD_FACTORS)}"
        )
    return THIRD_FACTORS[kind](**integers(numbers))
