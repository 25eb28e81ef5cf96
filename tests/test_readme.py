"""What the documents show is what is there: commands have their options, links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer

from cli.demo.command import story
from cli.main import app
from lava_fed import config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(f"docs/{page.name}" for page in ROOT.glob("docs/*.md"))
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *PAGES]


def commands(document: str) -> list[list[str]]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return [shlex.split(line) for line in re.findall(r"^\$ lava-fed (.+)$", text, flags=re.MULTILINE)]


def test_every_command_on_the_files_of_the_demo_is_run_by_it() -> None:
    run = [words for words, _ in story(Path("demo"))]
    shown = [words for words in commands("README.md") if any(word.startswith("demo/") for word in words)]
    assert len(shown) >= 8
    for words in shown:
        certificate = words[0] == "validate" and words[-2:] == ["-o", "demo/parity.json"]
        assert (words[:-2] if certificate else words) in run, words


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_has_the_options_that_are_shown(document: str) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group)
    for name, *words in commands(document):
        group.commands[name].make_context(name, words)


def test_every_make_target_it_names_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    named = set(re.findall(r"(?:`|\$ )make ([a-z]+)", README))
    assert {"demo", "test", "setup", "bench"} <= named
    assert named <= set(targets)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / document).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_linked_from_the_readme(page: str) -> None:
    assert f"]({page}" in README


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    named = re.findall(r"`((?:benchmarks|cli|compile|docs|hardware|lava_fed|tests)/[\w./]*)(?::\w+)?`", text)
    assert len(named) > 3
    for path in named:
        assert (ROOT / path).exists(), path


def test_the_line_that_puts_a_device_on_lava(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    text = (ROOT / "cli" / "demo" / "federation.toml").read_text().replace("[devices.backends]", block, 1)
    (tmp_path / "federation.toml").write_text(text)
    changed = config.load(tmp_path / "federation.toml")
    assert dict(changed.devices.backends) == {"device-3": "lava"}
