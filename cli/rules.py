"""``lava-fed rules``: what connections can learn by, where it comes from, what it costs on the chip."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Json
from cli.output import Output

if TYPE_CHECKING:
    from hardware.learning import LearningMethod

EXAMPLE = "lava-fed rules stdp"


def rules(
    rule: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One rule, with its options and third factors.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the learning rules, with source, what the host gives, and memory and work on the chip."""
    from compile.attach_learning import find_method, method_options
    from hardware import registry

    output = Output(as_json)
    if rule is not None:
        method = find_method(rule, {})
        options = method_options(rule)
        _one(method, options, output)
        output.document({rule: {**_document(method), "options": options}})
        return
    found = {name: _look(name) for name in registry.names("learning rule")}
    methods = {name: each for name, each in found.items() if not isinstance(each, str)}
    output.table(
        "Learning rules",
        ("name", "what it does", "needs", "source"),
        [(name, each.title, each.needs.value, each.source) for name, each in methods.items()],
    )
    _show_costs(methods, output)
    for name, each in found.items():
        if isinstance(each, str):
            output.line(f"{name}: {each}")
    output.line(
        "'lava-fed rules NAME' shows the options of one, for 'lava-fed compile MODEL --learn NAME --set ...'."
    )
    output.document(
        {name: {"error": each} if isinstance(each, str) else _document(each) for name, each in found.items()}
    )


def _look(name: str) -> LearningMethod | str:
    """Make a method with its defaults; one that cannot be made says why."""
    from compile.attach_learning import find_method
    from hardware.errors import LavaFedError

    try:
        return find_method(name, {})
    except LavaFedError as error:
        return str(error)


def _one(method: LearningMethod, options: dict[str, int], output: Output) -> None:
    output.line(f"{method.name}: {method.title}", style="bold")
    sums = {f"{role} {change}": text for role, rule in method.rules.items() for change, text in rule.texts.items()}
    senders = {f"{role} third factor": str(sender) for role, sender in method.teachers.items()}
    rest = {} if method.readout is None else {"readout": str(method.readout)}
    chosen = ", ".join(f"{key}={value}" for key, value in options.items()) or "none"
    output.fields(
        {
            "source": method.source,
            "the host gives": method.needs.value,
            **sums,
            **senders,
            **rest,
            "options": chosen,
        }
    )
    output.line()
    _show_costs({method.name: method}, output)


def _show_costs(methods: dict[str, LearningMethod], output: Output) -> None:
    rows = [
        (
            name,
            role,
            method.rules[role].text,
            f"{cost.synapse_bits}",
            f"{cost.source_bits}",
            f"{cost.target_bits}",
            f"{cost.unit_bits}",
            f"{cost.products}",
            f"{cost.epoch}",
            f"{cost.connection_draws} + {cost.synapse_draws}/synapse",
        )
        for name, method in methods.items()
        for role, cost in method.cost().items()
    ]
    headings = (
        "name",
        "connections",
        "rule",
        "bits a synapse",
        "a source",
        "a target",
        "teaching",
        "products",
        "every ... steps",
        "random numbers",
    )
    output.table("What they cost on the chip", headings, rows, numeric="lllrrrrrrr")


def _document(method: LearningMethod) -> dict[str, Any]:
    return {
        "title": method.title,
        "source": method.source,
        "needs": method.needs.value,
        "rules": {role: dict(rule.texts) for role, rule in method.rules.items()},
        "third_factors": {
            role: {"kind": sender.kind, **asdict(sender)}  # type: ignore[call-overload]  # each is a dataclass
            for role, sender in method.teachers.items()
        },
        "readout": None if method.readout is None else asdict(method.readout),
        "cost": {role: asdict(cost) for role, cost in method.cost().items()},
    }
