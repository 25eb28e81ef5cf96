"""What a design rule is, and how several are asked at once.

A rule is a small function, named as the sentence it checks. It yields what it measured where that fits, and what
does not fit otherwise. A limit that nobody has published is ``None`` in the ``ChipSpec`` and is not checked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from compile.rules.violation import Violation
from hardware.program import Use

Findings = Iterator[Use | Violation]


def sentence(rule: Callable[..., Findings]) -> str:
    """Return the name of a rule as a sentence."""
    return str(getattr(rule, "__name__", rule)).replace("_", " ")


def ask(rules: Sequence[Callable[..., Findings]], *subject: object) -> tuple[list[Use], list[Violation]]:
    """Ask every rule, whatever the others found.

    Parameters
    ----------
    rules : sequence of callable
        The rules.
    subject : objects
        What each of them looks at.

    Returns
    -------
    list of Use
        What fits, in the order of the rules.
    list of Violation
        What does not, each with its rule's name.
    """
    uses: list[Use] = []
    violations: list[Violation] = []
    for rule in rules:
        for found in rule(*subject):
            if isinstance(found, Use):
                uses.append(found)
            else:
                violations.append(dataclasses.replace(found, rule=sentence(rule)))
    return uses, violations
