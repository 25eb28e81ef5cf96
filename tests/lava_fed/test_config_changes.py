"""Single settings on the way into a config: typed as TOML, never in place, never guessed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lava_fed.config import parse
from lava_fed.config.changes import apply, changed, split, values
from lava_fed.errors import ConfigError
from lava_fed.presets import config_text, find_preset, names

DOCUMENT: dict[str, Any] = {"rounds": {"count": 3}, "devices": {"count": 4, "skew": {"amount": 1}}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", [3]),
        ("1,2.5,true", [1, 2.5, True]),
        ("median", ["median"]),
        ("median, multi_krum", ["median", "multi_krum"]),
        ('"a b"', ["a b"]),
        ("[1, 2]", [[1, 2]]),
        ("[[0, 1], [2]],[[3]]", [[[0, 1], [2]], [[3]]]),
        ("0.1,iid", [0.1, "iid"]),
        ("/data/mnist,../x.h5", ["/data/mnist", "../x.h5"]),
    ],
)
def test_values_are_typed_as_toml_has_them(text: str, expected: list[Any]) -> None:
    assert values(text) == expected
    assert list(map(type, values(text))) == list(map(type, expected))


def test_a_change_makes_a_new_document_and_keeps_the_old_one() -> None:
    before = copy.deepcopy(DOCUMENT)
    after = apply(DOCUMENT, ["rounds.count=5", "devices.skew.amount=2.5", 'aggregate.layers."a->b"=median'])
    assert before == DOCUMENT
    assert after["rounds"] == {"count": 5} and after["devices"] == {"count": 4, "skew": {"amount": 2.5}}
    assert after["aggregate"] == {"layers": {"a->b": "median"}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rounds.count", r"'rounds\.count' is not a setting; write it as table\.key=value"),
        ("=3", "is not a setting"),
        ("rounds.count=", "is not a setting"),
        ("count=3", r"'count' is no key; write table\.key"),
        ("rounds..count=3", "is no key"),
        ("a->b.c=3", "is no key; .* quote what is not a plain word"),
        ("rounds.count=3\nrun.seed=4", "is not a setting"),
        ("rounds.count=3,4", r"'rounds\.count=3,4' has 2 values; give one"),
        ("rounds.count=3 4", r"'3 4' is no value"),
        ("rounds.count.deeper=3", r"'count' is a value, not a table"),
    ],
)
def test_a_slip_is_told_in_one_sentence(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        apply(DOCUMENT, [text])


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_change_or_a_sentence(key: str, value: str) -> None:
    try:
        found, written = split(f"{key}={value}")
        for each in values(written):
            changed(DOCUMENT, found, each)
    except ConfigError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("name", names())
def test_every_preset_is_a_sound_config(name: str, tmp_path: Any) -> None:
    preset = find_preset(name)
    assert preset.title and preset.network
    config = parse(preset.document, tmp_path, name)
    assert bool(preset.data) == bool(config.data.folder)
    (tmp_path / "federation.toml").write_text(config_text(name))
    from lava_fed.config import load

    assert load(tmp_path / "federation.toml").settings() == config.settings()


def test_an_unknown_preset_is_refused_with_all_that_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"no preset is called 'digit'; there are asynchronous, byzantine, digits"
    ):
        find_preset("digit")
