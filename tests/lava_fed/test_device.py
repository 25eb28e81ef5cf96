"""A device: what it answers, what it keeps, what it forgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.counters import Counters
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import ContainerError, LavaFedError
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.codec.codec import Codec
from lava_fed.codec.exact import Exact
from lava_fed.data.dataset import DataSet
from lava_fed.local.device import Device, Kit
from lava_fed.local.memory import Memory
from lava_fed.local.on_chip import OnChip
from lava_fed.local.trainer import Job, Outcome, Trainer, Work
from lava_fed.messages.task import Task
from lava_fed.messages.wire import Update, Wire
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND


@dataclass(frozen=True)
class Floor(Codec):
    """Lets whole chip units through, and holds back the rest."""

    name: ClassVar[str] = "floor"

    def reduce(self, change: Mapping[str, NDArray[np.int32]], rng: object) -> dict[str, NDArray[np.int32]]:  # noqa: ARG002
        return {name: array >> 16 << 16 for name, array in change.items()}


class Counting(Trainer):
    """Changes every weight by a quarter of a chip unit, and counts in its memory how often it did."""

    name = "counting"

    def check(self, shared: Shared) -> None:
        pass

    def work(self, job: Job) -> Outcome:
        done = int(job.memory["done"][0]) if job.memory else 0
        change = {name: np.full(shape, 1 << 14, np.int32) for name, shape in job.shared.shapes.items()}
        layers = {"hidden": 0, "out": 0}
        connections = dict.fromkeys(("input->hidden", FIRST, SECOND), 0)
        learned = dict.fromkeys((FIRST, SECOND), done)
        counters = Counters({"input": 0, **layers}, connections, layers, learned)
        return Outcome(change, len(job.data), counters, memory={"done": np.array([done + 1])})

    def close(self) -> None:
        pass


def data(samples: int = 4) -> DataSet:
    """Sample k is the binary code of k, in all 16 steps; its label is 1 where k is odd."""
    codes = (np.arange(samples)[:, None] >> np.arange(5)) & 1
    return DataSet(SpikeTrain(np.repeat(codes[:, None, :], 16, axis=1)), np.arange(samples) % 2, 2, "codes")


@dataclass
class Bench:
    """A device beside what a coordinator would do with it."""

    program: Program
    codec: Codec = Floor()
    feedback: bool = True
    memory: Memory | None = None

    def __post_init__(self) -> None:
        self.wire = Wire(Shared.of(self.program), self.codec)
        self.memory = self.memory or Memory()
        kit = Kit(self.wire, Counting(EmulatorBackend()), Work(), lambda _: {}, self.feedback)
        self.device = Device("dev", self.program, lambda _: data(), kit, self.memory)

    def ask(self, turn: int, acknowledged: int) -> Update:
        weights = self.wire.shared.base()
        task = Task(self.program.digest, turn, turn - 1, 5, 0, acknowledged, weights)
        return self.wire.decode_update(self.device.answer(self.wire.encode_task(task)).message)


def sent(update: Update) -> float:
    """Return the one value of all changes, in chip units."""
    values = {float(each) for array in update.delta.weights.values() for each in array.ravel() / 65536}
    assert len(values) == 1
    return values.pop()


def test_what_a_codec_holds_back_is_sent_later(program: Program) -> None:
    bench = Bench(program)
    assert [sent(bench.ask(turn, turn - 1)) for turn in range(1, 9)] == [0, 0, 0, 1, 0, 0, 0, 1]


def test_without_feedback_it_is_gone(program: Program) -> None:
    bench = Bench(program, feedback=False)
    assert [sent(bench.ask(turn, turn - 1)) for turn in range(1, 9)] == [0] * 8


def test_an_update_that_was_lost_is_forgotten_by_trainer_and_codec(program: Program) -> None:
    bench = Bench(program)
    for turn in range(1, 4):
        bench.ask(turn, turn - 1)
    assert sent(bench.ask(4, 3)) == 1 and bench.ask(4, 3).counters.learning_updates[FIRST] == 3
    lost = bench.ask(5, 4)
    again = bench.ask(6, 4)  # turn 5 never arrived
    assert lost.counters == again.counters and lost.counters.learning_updates[FIRST] == 4
    assert bench.ask(7, 0).counters.learning_updates[FIRST] == 0  # none of all that did


def test_a_device_that_lost_its_memory_says_so(program: Program, tmp_path: Path) -> None:
    Bench(program, memory=Memory(tmp_path)).ask(1, 0)
    with pytest.raises(LavaFedError, match="device dev has lost what it held back in turn 1; start the run anew"):
        Bench(program).ask(2, 1)
    assert sent(Bench(program, memory=Memory(tmp_path)).ask(2, 1)) == 0
    kept = tmp_path / "000001.h5"
    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises(ContainerError):
        Bench(program, memory=Memory(tmp_path)).ask(2, 1)


def test_an_exact_codec_holds_nothing_back(program: Program) -> None:
    bench = Bench(program, codec=Exact())
    assert [sent(bench.ask(turn, turn - 1)) for turn in (1, 2, 3)] == [0.25] * 3
    assert bench.memory is not None and list(bench.memory.recall(3)) == ["trainer/done"]


@pytest.mark.parametrize("on_disk", [False, True])
def test_memory_keeps_the_turn_that_is_recalled_and_later_ones(tmp_path: Path, on_disk: bool) -> None:
    memory = Memory(tmp_path if on_disk else None)
    assert memory.recall(0) == {} == memory.recall(3)
    for turn in (1, 2, 3):
        memory.keep(turn, {"a": np.array([turn])})
    assert memory.recall(2)["a"].tolist() == [2]
    assert memory.recall(3) == {} == memory.recall(1)
    memory.keep(4, {})
    assert memory.recall(4) == {}


def rows(number: int) -> np.random.Generator:
    return np.random.default_rng(number)


@given(st.integers(1, 12), st.integers(1, 30))
def test_samples_of_a_round_go_on_where_the_last_one_ended(count: int, samples: int) -> None:
    work = Work(samples=samples)
    endless = np.concatenate([work.shown(turn, count, rows) for turn in range(1, 8)])
    passes = np.concatenate([rows(number).permutation(count) for number in range(-(-len(endless) // count))])
    assert np.array_equal(endless, passes[: len(endless)])


def test_passes_of_a_round_are_whole(program: Program) -> None:
    for turn in (1, 2, 5):
        shown = Work(passes=3).shown(turn, 7, rows).reshape(3, 7)
        assert all(sorted(each) == list(range(7)) for each in shown.tolist())
        assert len({tuple(each) for each in shown.tolist()}) == 3


Answer = Callable[..., Outcome]


@pytest.fixture
def learn(program: Program) -> Answer:
    """Let the small Program learn codes on the chip."""

    def outcome(trainer: OnChip, samples: int = 6, **changes: object) -> Outcome:
        shared = Shared.of(program)
        base = {FIRST: np.full((2, 5), -3, np.int16), SECOND: np.full((2, 3), 9, np.int16)}
        fields: dict[str, object] = {
            "shared": shared,
            "program": program,
            "task": Task(program.digest, 2, 1, 5, 0, 0, base),
            "data": data(samples),
            "device": "dev",
        }
        return trainer.work(Job(**(fields | changes)))  # type: ignore[arg-type]

    return outcome


def equal(one: Outcome, other: Outcome) -> bool:
    names = one.change.keys() == other.change.keys()
    return names and all(np.array_equal(one.change[name], other.change[name]) for name in one.change)


def test_a_chip_keeps_nothing_from_one_round_to_the_next(learn: Answer) -> None:
    with OnChip(EmulatorBackend()) as trainer:
        first = learn(trainer, work=Work(passes=4))
        other = learn(trainer, device="other", work=Work(passes=4))
        again = learn(trainer, work=Work(passes=4))
    assert equal(first, again) and first.counters == again.counters and not equal(first, other)
    assert first.samples == 6 and any(np.any(change) for change in first.change.values())
    assert not any(np.any(change & 0xFFFF) for change in first.change.values())  # chips learn whole units


def test_rounds_in_pieces_equal_whole_ones(learn: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    with OnChip(EmulatorBackend()) as trainer:
        whole = learn(trainer, work=Work(passes=4))
        monkeypatch.setattr("lava_fed.local.on_chip.BATCH", 5)
        pieces = learn(trainer, work=Work(passes=4))
    assert equal(whole, pieces) and whole.counters == pieces.counters and whole.loss == pieces.loss


def test_connections_that_are_not_shared_learn_and_stay(learn: Answer, program: Program) -> None:
    shared = Shared(program, (FIRST,))
    base = {FIRST: np.full((2, 5), -3, np.int16)}
    with OnChip(EmulatorBackend()) as trainer:
        task = Task(program.digest, 1, 0, 5, 0, 0, base)
        first = learn(trainer, shared=shared, task=task, work=Work(passes=4))
        assert set(first.change) == {FIRST} and set(first.memory) == {f"personal/{SECOND}"}
        kept = {f"personal/{SECOND}": np.full((2, 3), 200, np.int16)}
        second = learn(trainer, shared=shared, task=task, work=Work(passes=4), memory=kept)
    assert np.abs(second.memory[f"personal/{SECOND}"].astype(int) - 200).max() < 60


def test_what_no_chip_learns_is_refused(program: Program) -> None:
    with OnChip(EmulatorBackend()) as trainer:
        trainer.check(Shared.of(program), Work())
        with pytest.raises(LavaFedError, match="connection input->hidden has no learning rule, so no chip"):
            trainer.check(Shared.of(program, "all"), Work())
