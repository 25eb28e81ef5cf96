"""The page: complete, self-contained, safe, and the same for the same run."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.synapses.dense import Dense
from lava_fed.config import parse
from lava_fed.continual.forgetting import Forgetting
from lava_fed.coordinator.rounds import federate
from lava_fed.report.content import Content
from lava_fed.report.figures import accuracy, raster
from lava_fed.report.gather import gather
from lava_fed.report.numbers import count, joules, percent
from lava_fed.report.page import headline, render
from lava_fed.runs.personal import Personal
from lava_fed.runs.run import read_run

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>&'</style></svg>"
VOID = {"meta", "br", "input", "line", "path", "rect", "circle"}


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> Content:
    """A real run: four devices, three rounds, handwritten digits, random hidden units."""
    folder: Path = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(0)
    method = supervised(epoch=8)
    rule, teacher = method.rule, method.teacher
    hidden = (2 * rng.integers(-20, 30, (24, 64))).astype(np.int16)
    network = Network(
        64,
        (
            Layer("hidden", Cuba(4096, 128, 1500, np.zeros(24, np.int16))),
            Layer("readout", Cuba(4096, 128, 400, np.zeros(10, np.int16)), teacher),
        ),
        (
            Connection("input", "hidden", Dense(hidden)),
            Connection("hidden", "readout", Dense(np.zeros((10, 24), np.int16)), rule),
        ),
    )
    Program(network, LOIHI2).save(folder / "program.h5")
    config = parse(
        {
            "program": {"path": "program.h5"},
            "data": {"name": "digits", "train": "public", "test": "public", "steps": 16},
            "devices": {"count": 4, "minimum": 5},
            "rounds": {"count": 3},
        },
        folder,
        "config",
    )
    federate(config, folder / "run")
    return gather(read_run(folder / "run"), "run")


class Outline(HTMLParser):
    """Checks that tags close in order, and collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID or (self.open and self.open[-1] == tag):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    parsed.close()
    assert parsed.open == []
    return parsed


def text_of(page: str) -> str:
    return " ".join(outline(page).words).replace("\xa0", " ")


def test_the_three_numbers_are_on_the_page(content):
    shown = text_of(render(content))
    assert content.alone is not None and content.pooled is not None
    for number in (content.rounds[-1].accuracy, content.alone.accuracy[-1], content.pooled.accuracy[-1]):
        assert percent(number) in shown
    assert headline(content)[0] in shown
    assert headline(content)[1] in shown


def test_every_round_device_and_digest_is_in_the_tables(content):
    shown = text_of(render(content))
    for record in content.rounds:
        for number in (record.bytes_up, record.bytes_down, record.spikes, record.synaptic_operations):
            assert count(number) in shown
        assert percent(record.accuracy) in shown
    for device, mix in content.class_mix.items():
        assert device in shown
        assert count(sum(mix)) in shown
    for value in content.provenance.values():
        assert value in shown


def test_the_page_is_well_formed_and_every_figure_says_what_one_sees(content):
    page = render(content)
    parsed = outline(page)
    figures = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(figures) == 3 + (5 + 2 + 6) + 2 + 2
    for figure in figures:
        root = ElementTree.fromstring(figure)  # noqa: S314 - our own page
        assert root.attrib["role"] == "img"
        assert len(root.attrib["aria-label"]) > 40
    captions = [tag for tag, _ in parsed.tags if tag == "figcaption"]
    assert len(captions) == len([tag for tag, _ in parsed.tags if tag == "figure"]) == 18


def test_everything_that_the_ledger_counts_is_drawn_by_round_and_by_device(content):
    shown = text_of(render(content))
    for what in ("Spikes", "Synaptic operations", "Learning updates", "Energy", "Time"):
        assert f"{what} per round" in shown and f"{what} of each device" in shown
    for what in ("Bytes up per round", "Bytes down per round", "Bytes of each device", "Drift per round"):
        assert what in shown
    by_round = sum(amount.value for each in content.rounds for amount in each.seconds.values())
    by_device = sum(amount.value for each in content.devices for amount in each.seconds.values())
    assert 0 < by_round == pytest.approx(by_device)
    for count_of in ("spikes", "synaptic_operations", "learning_updates"):
        assert (
            0
            < sum(getattr(each, count_of) for each in content.devices)
            == sum(getattr(each, count_of) for each in content.rounds)
        )


def test_nothing_is_fetched(content):
    page = render(content)
    parsed = outline(page)
    assert {tag for tag, _ in parsed.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
    } == set()
    for _, attributes in parsed.tags:
        assert {"src", "href", "srcset", "style"} & set(attributes) == set()
    assert "url(" not in page and "@import" not in page
    addresses = set(re.findall(r"https?://[^\"' <]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}
    policy = dict(parsed.tags)["meta"]
    assert policy is not None
    assert "default-src 'none'" in page


def test_equal_content_gives_an_equal_page(content):
    assert render(content) == render(dataclasses.replace(content))


def test_strings_from_files_stay_text(content):
    assert content.raster is not None
    evil = dataclasses.replace(
        content,
        name=HOSTILE,
        alone=dataclasses.replace(content.alone, name=HOSTILE),
        class_mix={HOSTILE + name: mix for name, mix in content.class_mix.items()},
        raster=dataclasses.replace(
            content.raster,
            title=HOSTILE,
            spikes={HOSTILE + name: values for name, values in content.raster.spikes.items()},
        ),
        weights=tuple(dataclasses.replace(weights, connection=HOSTILE) for weights in content.weights),
        network=((HOSTILE,) * 4,),
        provenance={HOSTILE: HOSTILE},
    )
    parsed = outline(render(evil))
    assert {tag for tag, _ in parsed.tags} & {"script", "img"} == set()
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert any(HOSTILE in word for word in parsed.words)


@pytest.mark.parametrize("rounds", [1, 2, 300])
@pytest.mark.parametrize("devices", [1, 100])
def test_few_and_many(content, rounds, devices):
    first = content.rounds[0]
    names = [f"device-{index}" for index in range(devices)]
    records = tuple(
        dataclasses.replace(first, number=number, device_accuracy=dict.fromkeys(names, 0.5))
        for number in range(1, rounds + 1)
    )
    flat = (0.5,) * rounds
    crowd = dataclasses.replace(
        content,
        rounds=records,
        alone=dataclasses.replace(content.alone, accuracy=flat),
        pooled=dataclasses.replace(content.pooled, accuracy=flat),
        class_mix=dict.fromkeys(names, (1, 2, 0)),
    )
    page = render(crowd)
    assert f"device-{devices - 1}<" in page
    assert "nan" not in page.replace("nance", "")
    for figure in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(figure)  # noqa: S314 - our own page


def test_without_baselines_devices_or_sample(content):
    bare = dataclasses.replace(
        content,
        alone=None,
        pooled=None,
        raster=None,
        rounds=tuple(dataclasses.replace(record, device_accuracy={}) for record in content.rounds),
    )
    page = render(bare)
    assert "best single device" not in page
    assert "Spike raster" not in page
    assert outline(page)


def test_tasks_have_a_figure_of_their_own(content):
    several = dataclasses.replace(content, tasks={"classes 0, 1": (1.0, 0.5, 0.25), "classes 2": (0.0, 0.5, 1.0)})
    shown = text_of(render(several))
    assert "Accuracy on each task" in shown and "classes 0, 1: 25.00 %" in shown and "classes 2: 100.00 %" in shown
    assert "Accuracy on each task" not in text_of(render(content))


def test_layers_of_ones_own_have_columns_of_their_own(content):
    names = list(content.class_mix)
    shown = text_of(
        render(dataclasses.replace(content, personal={name: Personal(0.5, 0.875, 0.625) for name in names}))
    )
    assert "with its layers, own mix of classes" in shown and shown.count("87.5 %") >= len(names)
    assert "with its layers" not in text_of(render(content))


@pytest.mark.parametrize("tasks", [2, 3, 60])
def test_what_is_forgotten_is_a_matrix(content, tasks):
    accuracy_of = np.tril(np.full((tasks, tasks), 0.5))
    np.fill_diagonal(accuracy_of, 0.875)
    page = render(dataclasses.replace(content, forgetting=Forgetting(accuracy_of)))
    shown = text_of(page)
    assert "Forgetting matrix" in shown and "37.5 points are lost" in shown
    gained = Forgetting(np.full((tasks, tasks), 0.5) + 0.25 * (np.arange(tasks) == tasks - 1)[:, None])
    assert "is exceeded by 25.0 points" in text_of(render(dataclasses.replace(content, forgetting=gained)))
    assert "after task 2, on task 2: 87.5 %" in shown and "after task 2, on task 1: 50.0 %" in shown
    assert "Forgetting matrix" not in text_of(render(content))


def test_rounds_that_were_not_judged_have_no_accuracy(content):
    middle = dataclasses.replace(content.rounds[1], accuracy=None, device_accuracy={})
    short = [dataclasses.replace(each, accuracy=each.accuracy[::2]) for each in (content.alone, content.pooled)]
    gaps = dataclasses.replace(
        content, rounds=(content.rounds[0], middle, content.rounds[2]), alone=short[0], pooled=short[1]
    )
    shown = text_of(render(gaps))
    assert "after 2 of 3 rounds" in shown and percent(content.accuracy) in shown
    assert len(re.findall("<circle", accuracy.draw(gaps, 440, 320))) == 2


def test_what_became_of_devices_is_drawn_where_not_all_answered(content):
    lost = dataclasses.replace(content.rounds[0], fates={"answered": 3, "silent": 1})
    shown = text_of(render(dataclasses.replace(content, rounds=(lost, *content.rounds[1:]))))
    assert "Devices per round" in shown and "11 answered, 1 silent" in shown
    assert "Devices per round" not in text_of(render(content))


def test_the_parts_of_the_energy_add_up_to_what_is_said(content):
    spent = sum(amount.value for each in content.rounds for amount in each.joules.values())
    assert spent > 0
    assert f"{joules(spent)} in all, between" in text_of(render(content))
    by_device = sum(amount.value for each in content.devices for amount in each.joules.values())
    assert by_device == pytest.approx(spent)


def test_accuracies_stay_inside_the_frame(content):
    figure = ElementTree.fromstring(accuracy.draw(content, 440, 320))  # noqa: S314
    for dot in figure.iter("{http://www.w3.org/2000/svg}circle"):
        assert 52 <= float(dot.attrib["cx"]) <= 290
        assert 14 <= float(dot.attrib["cy"]) <= 276


def test_the_comparison_is_said_in_the_right_direction(content):
    def said(globally: float, alone: float, pooled: float) -> str:
        last = dataclasses.replace(content.rounds[-1], accuracy=globally)
        changed = dataclasses.replace(
            content,
            rounds=(*content.rounds[:-1], last),
            alone=dataclasses.replace(content.alone, accuracy=(alone,) * 3),
            pooled=dataclasses.replace(content.pooled, accuracy=(pooled,) * 3),
        )
        return headline(changed)[1]

    assert "20.0 points above the best single device and 1.0 points below the same rule" in said(0.9, 0.7, 0.91)
    assert "10.0 points below the best single device and level with the same rule" in said(0.8, 0.9, 0.8)


def test_the_raster_is_the_final_network_on_the_emulator(content):
    assert content.raster is not None
    assert list(content.raster.spikes) == ["input", "hidden", "readout"]
    counts = content.raster.spikes["readout"].sum(axis=0)
    assert int(np.argmax(counts)) == content.raster.answer
    assert content.raster.spikes["input"].any()


def test_an_output_that_sends_numbers_does_not_fire(content):
    sent = np.array([[-3, -9], [-2, 1]], np.int32)
    spikes = {**content.raster.spikes, "readout": sent}
    graded = dataclasses.replace(content.raster, spikes=spikes, answer=0, label=0)
    assert "Output units send numbers, those of unit 0 have the highest sum, -5, so" in raster.caption(graded)
    assert "fires most" in raster.caption(content.raster) and "fires" not in raster.caption(graded)


def test_the_histogram_compares_the_run(content):
    (weights,) = content.weights
    assert not weights.before.any()
    assert weights.after.any()
