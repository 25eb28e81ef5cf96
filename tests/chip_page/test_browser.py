"""The page in a real browser, at the width of a phone and of a desk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from cli.chip_page.content import Content
from cli.chip_page.page import render
from tests.browser import Browser
from tests.chip_page.conftest import PROGRAMS

SIZES = pytest.mark.parametrize("width", [390, 1280])
CONTRASTS = """(() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll(".core text")].map((word) => {
    const on = light(getComputedStyle(word).fill);
    const under = light(getComputedStyle(word.previousElementSibling).fill);
    return (Math.max(on, under) + 0.05) / (Math.min(on, under) + 0.05);
  });
})()"""
CLIPPED = """[...document.querySelectorAll("h1, h2, p, li, dt, dd, label, figcaption, summary, th, td, button")]
  .filter((each) => each.offsetParent !== null && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
  .map((each) => each.textContent)"""
LOST = """[...document.querySelectorAll(".core text")].filter((each) => {
  const cell = each.previousElementSibling.getBoundingClientRect();
  const word = each.getBoundingClientRect();
  return word.width > cell.width || word.height > 1.3 * cell.height || cell.width < 16;
}).length"""
CUT = (
    "[...document.querySelectorAll('.chip .scroll')].filter((each) => each.scrollWidth > each.clientWidth).length"
)
PANEL = """Object.fromEntries([...panel.querySelectorAll("dl div")].map(
  (pair) => [...pair.children].map((each) => each.textContent)))"""
LEGENDS = """[...document.querySelectorAll("[data-legend]")].filter((each) => each.offsetParent)
  .map((each) => each.dataset.legend)"""
VIEWS = "[...document.querySelectorAll('input[name=view]')].map((view) => view.value)"
FOCUS = "document.activeElement.dataset?.core ?? document.activeElement.name ?? ''"


def problems(browser: Browser) -> list[str]:
    """What the browser complained of, and what it tried to load besides the page."""
    said = [event for event in browser.events if event["method"] in {"Log.entryAdded", "Runtime.exceptionThrown"}]
    asked = [event for event in browser.events if event["method"] == "Network.requestWillBeSent"]
    return [str(event) for event in said] + [event["params"]["request"]["url"] for event in asked[1:]]


@pytest.mark.parametrize("width", [390, 720, 801, 1050, 1161, 1280])
@pytest.mark.parametrize("name", PROGRAMS)
def test_it_fits_the_window_with_no_text_cut_and_no_complaint(
    browser: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    browser.open(pages[name], width)
    assert browser.run("document.documentElement.scrollWidth") == width
    assert browser.run(CLIPPED) == []
    assert browser.run(LOST) == 0
    assert browser.run(CUT) == 0
    assert problems(browser) == []


def test_a_long_name_of_a_file_is_broken_where_the_window_ends(
    browser: Browser, contents: dict[str, Content], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(dataclasses.replace(contents["small"], name="pilotnet_" * 9 + ".h5")))
    browser.open(page, 390)
    assert browser.run("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_numbers_can_be_read_on_every_colour_by_day_and_night(
    browser: Browser, pages: dict[str, Path], name: str, scheme: str
) -> None:
    browser.open(pages[name], 1280, scheme=scheme)
    for view in browser.run(VIEWS):
        browser.point(f'label:has(input[value="{view}"])', click=True)
        assert min(browser.run(CONTRASTS)) >= 4.5
        assert browser.run(LEGENDS) == [view] * (view != "layers")


@SIZES
def test_pointing_at_a_core_shows_its_row_of_the_table(browser: Browser, pages, contents, width: int) -> None:
    browser.open(pages["shared"], width)
    assert "Point at a core" in browser.run("panel.textContent")
    browser.point('.core[data-core="5"]')
    shown = browser.run(PANEL)
    row = contents["shared"].cores[0]
    assert shown["core"] == "5"
    assert shown["layers"] == "1 layer0, 2 layer1"
    assert shown["neurons"] == str(row.neurons) == "40"
    assert shown["axons in"] == str(row.axons_in)
    assert shown["sends most to"] == "90 (2.5)"
    assert browser.run("[...document.querySelectorAll('.heard')].map((core) => core.dataset.core)") == ["90"]
    assert browser.run("panel.getBoundingClientRect().bottom <= innerHeight")


def test_the_keyboard_reaches_every_choice_and_every_core(browser: Browser, pages, contents) -> None:
    browser.open(pages["four"], 1280)
    browser.press("Tab")
    assert browser.run(FOCUS) == "view"
    browser.press("ArrowRight")
    assert browser.run("document.querySelector('input:checked').value") == "0"
    assert browser.run("picture.dataset.view") == "levels"
    browser.press("Tab")
    while browser.run("document.activeElement.dataset.core") is None:
        browser.press("Tab")
    seen = {browser.run(FOCUS)}
    places = {str(row.core): (row.column, row.row) for row in contents["four"].cores}
    for core, (column, row) in places.items():
        places[core] = (2 * column + int(core) % 2, 2 * row + int(core) % 4 // 2)
    for way, axis, sign in (("ArrowRight", 0, 1), ("ArrowDown", 1, 1), ("ArrowLeft", 0, -1), ("ArrowUp", 1, -1)):
        for _ in range(12):
            before = browser.run(FOCUS)
            browser.press(way)
            after = browser.run(FOCUS)
            assert places[after][axis] * sign > places[before][axis] * sign or after == before
            assert browser.run(PANEL)["core"] == after
            assert browser.run("document.querySelectorAll('.core[tabindex=\"0\"]').length") == 1
            seen.add(after)
            if before == after:
                break
    assert len(seen) > 20
    browser.press("Tab")
    assert browser.run("document.activeElement.closest('.core')") is None


def test_every_core_can_be_reached_from_every_other_by_arrow_keys(browser: Browser, pages, contents) -> None:
    for name in ("shared", "hala", "deep"):
        browser.open(pages[name], 1280)
        browser.run("document.querySelector('.core').focus()")
        seen, waiting = set(), [browser.run(FOCUS)]
        while waiting:
            core = waiting.pop()
            if core in seen:
                continue
            seen.add(core)
            for way in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
                browser.run(f"document.querySelector('.core[data-core=\"{core}\"]').focus()")
                browser.press(way)
                waiting.append(browser.run(FOCUS))
        assert seen == {str(row.core) for row in contents[name].cores}


@SIZES
def test_a_core_that_was_gone_to_is_not_under_the_panel(browser: Browser, pages, contents, width: int) -> None:
    browser.open(pages["four"], width, 700)
    browser.run("document.querySelector('.core').focus()")
    for _ in range(40):
        browser.press("ArrowDown")
        assert browser.run(
            "(() => { const box = document.activeElement.querySelector('.edge').getBoundingClientRect();"
            " const there = document.elementFromPoint(box.x + box.width / 2, box.y + 4);"
            " return there?.closest('.core') === document.activeElement; })()"
        )
    assert browser.run(FOCUS) in {str(row.core) for row in contents["four"].cores if row.chip >= 2}


@SIZES
def test_choosing_a_layer_leaves_its_cores_bright_and_fades_the_others(
    browser: Browser, pages, contents, width: int
) -> None:
    browser.open(pages["four"], width)
    browser.point('button[data-layer="2"]', click=True)
    bright = "[...document.querySelectorAll('.core:not(.faint)')].map((core) => Number(core.dataset.core))"
    assert browser.run(bright) == list(contents["four"].layers[1].cores)
    pressed = "[...document.querySelectorAll('[aria-pressed=true]')].map((button) => button.textContent)"
    assert browser.run(pressed) == ["2layer1", "2layer1"]
    browser.point('tr button[data-layer="3"]', click=True)
    assert browser.run(bright) == list(contents["four"].layers[2].cores)
    browser.point('tr button[data-layer="3"]', click=True)
    assert browser.run(pressed) == []
    assert len(browser.run(bright)) == len(contents["four"].cores)


@SIZES
def test_without_scripts_the_picture_and_all_numbers_are_there(browser: Browser, pages, contents, width) -> None:
    browser.open(pages["small"], width, script=False)
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.run("document.querySelectorAll('.core').length") == len(contents["small"].cores)
    assert (
        browser.run("[...document.querySelectorAll('.views, .panel')].some((each) => each.offsetParent)") is False
    )
    assert browser.run("document.querySelector('#cores details').open")
    assert browser.run("document.documentElement.scrollWidth") == width


def test_one_core_has_one_stop_in_the_order_of_tabs(browser: Browser, pages) -> None:
    browser.open(pages["four"], 1280)
    assert browser.run("document.querySelectorAll('.core[tabindex=\"0\"]').length") == 1
