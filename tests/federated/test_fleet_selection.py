from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.counters import Counters
from lava_fed.config.rounds import SELECTIONS, RoundsConfig
from lava_fed.runs.record import DeviceRecord, Fate, RoundRecord
from lava_fed.select.choose import choose

NAMES = tuple(f"device-{k}" for k in range(10))


def answer(device: str, *, loss: float = 0.5, spikes: int = 100, samples: int = 10) -> DeviceRecord:
    counters = Counters(spikes={"hidden": spikes}, neuron_updates={"hidden": 1000})
    return DeviceRecord(device, Fate.ANSWERED, samples=samples, loss=loss, counters=counters)


def rounds(*devices: list[DeviceRecord]) -> list[RoundRecord]:
    return [
        RoundRecord(number, None, {}, (), tuple(each), {}, float(number), 0, "")
        for number, each in enumerate(devices, start=1)
    ]


def select(
    how: str, fraction: float, records: list[RoundRecord], number: int = 5, seed: int = 1
) -> tuple[str, ...]:
    return choose(RoundsConfig(10, select=how, fraction=fraction), NAMES, records, number, seed)


def test_a_fraction_is_rounded_up_and_holds_the_quorum() -> None:
    assert [RoundsConfig(1, fraction=f).together(10) for f in (1e-6, 0.1, 0.11, 0.3, 1.0)] == [1, 1, 2, 3, 10]
    assert RoundsConfig(1, fraction=0.1, quorum=4).together(10) == 4
    assert RoundsConfig(1, fraction=0.1, quorum=4).together(3) == 3


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SELECTIONS),
    st.floats(0.05, 1.0),
    st.lists(st.lists(st.sampled_from(NAMES), unique=True), max_size=4),
    st.integers(0, 2**31 - 1),
)
def test_a_choice_has_its_size_names_nobody_twice_and_is_always_the_same(
    how: str, fraction: float, asked: list[list[str]], seed: int
) -> None:
    records = rounds(*([answer(name) for name in names] for names in asked))
    chosen = select(how, fraction, records, seed=seed)
    expected = RoundsConfig(1, fraction=fraction).together(10)
    assert len(chosen) == expected and list(chosen) == [name for name in NAMES if name in chosen]
    assert select(how, fraction, records, seed=seed) == chosen


def test_all_means_all() -> None:
    assert select("all", 1.0, []) == NAMES


def test_chance_changes_from_round_to_round_and_leaves_nobody_out() -> None:
    seen = [select("random", 0.3, [], number) for number in range(1, 40)]
    assert len(set(seen)) > 20 and {name for names in seen for name in names} == set(NAMES)


@pytest.mark.parametrize("how", ["energy", "loss", "rate"])
def test_devices_that_were_never_asked_come_first(how: str) -> None:
    records = rounds([answer(name) for name in NAMES[:6]])
    assert set(select(how, 0.4, records)) == set(NAMES[6:])
    assert set(NAMES[6:]) < set(select(how, 0.6, records))


def test_energy_spares_whoever_has_spent_most() -> None:
    spent = {name: 100 * (10 - k) for k, name in enumerate(NAMES)}
    records = rounds([answer(name, spikes=spent[name]) for name in NAMES])
    assert select("energy", 0.3, records) == NAMES[7:]
    # One round more of the cheapest three, which have now spent more than the next.
    records += rounds([answer(name, spikes=900) for name in NAMES[7:]])
    assert not set(select("energy", 0.3, records)) & set(NAMES[7:])


def test_energy_counts_what_it_is_told_to_count() -> None:
    records = rounds([answer(name, loss=float(k)) for k, name in enumerate(NAMES)])
    config = RoundsConfig(10, select="energy", fraction=0.2)
    assert choose(config, NAMES, records, 2, 1, spent=lambda record: -record.loss) == NAMES[8:]


def test_silence_costs_as_much_as_an_answer_so_that_the_dead_are_not_asked_for_ever() -> None:
    silent = DeviceRecord("device-0", Fate.SILENT)
    records = rounds(*([silent, *(answer(name) for name in NAMES[1:4])] for _ in range(3)), [silent])
    config = RoundsConfig(10, select="energy", fraction=0.5)
    assert choose(config, NAMES[:4], records, 5, 1) != NAMES[:2]
    assert "device-0" not in choose(config, NAMES[:4], records, 5, 1)


def often(how: str, records: list[RoundRecord], test: Callable[[str], bool]) -> float:
    """Part of all places that go to devices of which ``test`` is true."""
    chosen = [name for number in range(1, 200) for name in select(how, 0.2, records, number)]
    return sum(map(test, chosen)) / len(chosen)


def test_a_high_loss_is_chosen_more_often_and_not_always() -> None:
    records = rounds([answer(name, loss=float(k)) for k, name in enumerate(NAMES)])
    high = often("loss", records, lambda name: name >= "device-5")
    # The best two of four out of ten: 1.0 of them come from the upper half unless four or three are of the lower.
    assert 0.7 < high < 0.95


def test_firing_unlike_the_others_is_chosen_more_often() -> None:
    rates = [100] * 9 + [400]
    records = rounds([answer(name, spikes=rate) for name, rate in zip(NAMES, rates, strict=True)])
    odd = often("rate", records, lambda name: name == "device-9")
    assert odd > 1.5 / 10  # by chance one place in ten is its own; as a candidate it always wins


def test_many_samples_make_a_candidate_more_often() -> None:
    records = rounds([answer(name, samples=1000 if name == "device-3" else 10) for name in NAMES])
    assert often("loss", records, lambda name: name == "device-3") > 2 * 0.1


def test_a_device_that_never_answered_is_not_forgotten() -> None:
    records = rounds([DeviceRecord(NAMES[0], Fate.SILENT), *(answer(name) for name in NAMES[1:])])
    for how in ("energy", "loss", "rate"):
        assert any("device-0" in select(how, 0.3, records, number) for number in range(1, 30))
