"""From ``[aggregate]`` to an aggregator: ours, a stranger's, and what does not go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from hardware import registry
from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import Aggregator, MasterState, check_deltas
from lava_fed.aggregate.build import build
from lava_fed.aggregate.composed import Composed
from lava_fed.aggregate.rule import Combined, Rule
from lava_fed.aggregate.server.momentum import Momentum
from lava_fed.aggregate.updates import Updates
from lava_fed.config.aggregate import AggregateConfig
from lava_fed.errors import ConfigError
from lava_fed.messages.delta import WeightDelta
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND, small_program

SHARED = Shared.of(small_program())


def delta(device: str, value: int, samples: int) -> WeightDelta:
    weights = {name: np.full(shape, value, np.int32) for name, shape in SHARED.shapes.items()}
    return WeightDelta(SHARED.program.digest, device, 1, 0, samples, weights)


class Follower(Aggregator):
    """A stranger's, as the contract's page shows it: whole steps of its own."""

    name = "follower"

    def __init__(self, times: int = 1) -> None:
        self.times = times

    def apply(self, state: MasterState, deltas: Sequence[WeightDelta]) -> MasterState:
        largest = max(check_deltas(state, deltas), key=lambda delta: delta.samples)
        return state.moved(
            {name: state.arrays[name] + self.times * change for name, change in largest.weights.items()}
        )


@dataclass(frozen=True)
class Largest(Rule):
    """A stranger's rule, as the contract's page shows it."""

    name = "largest"

    def combine(self, updates: Updates) -> Combined:
        size = max(range(len(updates)), key=lambda k: updates.numerators[k])
        return Combined({name: updates.changes[size][name].astype(np.int64) for name in updates.names})


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the registry know the strangers, beside ours."""
    ours, known = (
        registry.find,
        {"follower": Follower, "largest": Largest, "odd": Odd, "whole": Whole, "text": "no class"},
    )
    monkeypatch.setattr(registry, "find", lambda kind, name: known.get(name) or ours(kind, name))


@pytest.mark.usefixtures("strangers")
def test_a_strangers_aggregator_is_used_as_it_is_and_its_rule_as_ours() -> None:
    deltas = [delta("a", 7, 1), delta("b", 40, 9)]
    follower = build(AggregateConfig("follower", options={"times": 3}), SHARED)
    assert isinstance(follower, Follower)
    assert np.all(follower.apply(follower.init(SHARED), deltas).arrays[FIRST] == 120)
    largest = build(AggregateConfig("fedavg", rate=0.5, layers={SECOND: "largest"}), SHARED)
    after = largest.apply(largest.init(SHARED), deltas)
    assert np.all(after.arrays[SECOND] == 20) and np.all(after.arrays[FIRST] == 18)  # 36.7 and a half of 37
    edges = build(AggregateConfig("largest", edges=2), SHARED)
    assert np.all(edges.apply(edges.init(SHARED), deltas).arrays[FIRST] == 40)


@pytest.mark.usefixtures("strangers")
@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"server": "adam"}, "aggregate.server does not go with 'follower', which makes whole steps"),
        ({"edges": 2}, "aggregate.edges does not go with 'follower'"),
        ({"clip": 2.0}, "aggregate.clip does not go with 'follower'"),
        ({"layers": {FIRST: "median"}}, "aggregate.layers does not go with 'follower'"),
        ({"options": {"time": 3}}, "time is no option of 'follower'; did you mean times"),
        ({"name": "fedavg", "layers": {FIRST: "follower"}}, "so it cannot be used for one connection"),
        ({"name": "text"}, "is no class derived from Aggregator"),
        ({"name": "fedsgd"}, "no aggregator is called 'fedsgd'"),
    ],
)
def test_what_a_whole_aggregator_cannot_be_combined_with_is_said(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(LavaFedError, match=problem):
        build(AggregateConfig(**{"name": "follower", **wrong}), SHARED)


class Whole(Largest):
    """A stranger's rule whose change must be taken as it is."""

    name = "whole"
    whole = True


class Odd(Rule):
    """A stranger's rule that goes wrong in the way that ``how`` says."""

    name = "odd"

    def __init__(self, how: str = "") -> None:
        self.how = how

    def combine(self, updates: Updates) -> Combined:
        change = {name: updates.changes[0][name].astype(np.int64) for name in updates.names}
        if self.how == "raises":
            return Combined({"": change["nobody"]})
        if self.how == "forgets":
            del change[FIRST]
        if self.how == "shrinks":
            change[FIRST] = change[FIRST][:1]
        if self.how == "halves":
            change[FIRST] = change[FIRST] * 0.5  # type: ignore[assignment]
        if self.how == "adds":
            change["more"] = change[FIRST]
        return Combined(change)


@pytest.mark.usefixtures("strangers")
@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ("raises", r"rule 'odd' of tests\..* failed with KeyError: 'nobody'; mend or uninstall it"),
        ("forgets", r"change of connection .* must be int64\(.*\), found NoneType"),
        ("shrinks", r"must be int64\(.*\), found int64\(1, "),
        ("halves", r"must be int64\(.*\), found float64\("),
        ("adds", "nobody asked for a change of more"),
    ],
)
def test_a_strangers_rule_that_goes_wrong_is_named(how: str, problem: str) -> None:
    odd = build(AggregateConfig("odd", options={"how": how}), SHARED)
    with pytest.raises(LavaFedError, match=problem):
        odd.apply(odd.init(SHARED), [delta("a", 7, 1)])


@pytest.mark.usefixtures("strangers")
@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (AggregateConfig("fedavg", layers={"x->y": "median"}), "connection 'x->y' is not shared here"),
        (
            AggregateConfig("whole", server="adam"),
            "server is 'adam', but changes of rule 'whole' are taken as they",
        ),
        (AggregateConfig("whole", clip=2.0), "clip is 2.0, but changes of rule 'whole'"),
        (
            AggregateConfig("fedavg", rate=0.5, layers={FIRST: "whole", SECOND: "whole"}),
            "rate is 0.5, but changes",
        ),
        (
            AggregateConfig("krum", options={"attacker": 3}),
            "attacker is no option of 'krum'.*mean attackers",
        ),
        (AggregateConfig("krum", options={"attackers": "three"}), "attackers is 'three', it must be of type int"),
        (AggregateConfig("krum", options={"attackers": -1}), r"attackers = -1 must be 0 or more"),
        (AggregateConfig("fedavg", server="adam", options={"beta1": 2.0}), r"server's beta1 is 2.0, it must be"),
        (AggregateConfig("union", edges=2), "needs every device's own change; leave aggregate.edges out"),
        (AggregateConfig("fedavg", rate=9.0), r"the server's rate is 9.0, it must be a number in"),
    ],
)
def test_what_does_not_go_together_is_said(config: AggregateConfig, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        build(config, SHARED)


def test_options_reach_the_parts_that_know_them() -> None:
    config = AggregateConfig(
        "trimmed_mean", server="momentum", rate=0.5, options=MappingProxyType({"attackers": 2, "momentum": 0.25})
    )
    made = build(config, SHARED, 0.5)
    assert isinstance(made, Composed) and made.server == Momentum(0.5, 0.25) and made.staleness == 0.5
    assert getattr(made.rule, "attackers", None) == 2
