"""The page on federations: every setting with its default, every channel with its figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from lava_fed.config import FederationConfig
from lava_fed.ledger.channel import CHANNELS
from lava_fed.report.numbers import si

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "federation.md").read_text(encoding="utf-8")


def defaults(name: str, table: type[Any]) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(table)
    for field in fields(table):
        key = f"{name}.{field.name}"
        if is_dataclass(hints[field.name]):
            yield from defaults(key, hints[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            yield key, "required"
        elif field.default is not MISSING and not isinstance(field.default, Mapping):
            yield key, f"`{json.dumps(field.default)}`"


def test_every_setting_is_on_the_page_with_its_default() -> None:
    expected = dict(
        pair
        for name, table in get_type_hints(FederationConfig).items()
        if is_dataclass(table)
        for pair in defaults(name, table)  # type: ignore[arg-type]
    )
    shown = dict(re.findall(r"^\| `([a-z_.]+\.[a-z_.]+)` \| (`[^`]*`|required) \|", PAGE, flags=re.MULTILINE))
    assert shown == expected


def test_every_free_table_is_named() -> None:
    for name in ("work.options", "aggregate.options", "uplink.options", "aggregate.layers", "devices.backends"):
        assert f"[{name}]" in PAGE


def test_every_channel_is_on_the_page_with_its_figures() -> None:
    lines = PAGE.splitlines()
    for channel in CHANNELS.values():
        (line,) = [line for line in lines if line.startswith(f"| `{channel.name}` | {channel.title} |")]
        if channel.name == "none":
            continue
        spent, took = channel.joules(10_000, 0).value, channel.seconds(10_000, 0).value
        assert f"| {channel.up.rate:,.0f}, {channel.down.rate:,.0f} |" in line
        assert f"| {1e3 * channel.up.watts:.1f}, {1e3 * channel.down.watts:.1f} |" in line
        assert f"| {si(spent, 'J')}, {si(took, 's')} | {100 * channel.within:.0f} % |" in line
        assert line.endswith(f"| {channel.evidence.value}: {channel.source} |")
