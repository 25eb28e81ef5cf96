"""Spoken keywords: which speakers and words are whose, and the code of loudness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import ContainerError, LavaFedError
from lava_fed.data.loudness import BELOW_PEAK, INPUT_UNITS, LATE, STEPS, loudness_code
from lava_fed.data.speech_commands import DIGITS, FILE, Utterances

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "arabic_speech_commands"
real = pytest.mark.skipif(not FOLDER.is_dir(), reason="the Arabic speech commands are not here")


def some(samples: int = 4, frames: int = 5, bands: int = 6) -> Utterances:
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (samples, frames, bands)).astype(np.uint8)
    numbers = np.arange(samples)
    return Utterances(levels, numbers % 3, numbers + 1, numbers % 2, ("yes", "no", "up"))


def test_a_band_fires_while_it_is_near_the_peak_now_or_as_its_delay_line_says() -> None:
    levels = np.zeros((1, 3, 4), np.uint8)
    levels[0, 0] = (100, 100, 81, 80)  # pairs of 100 and 80: the peak, and 20 under it
    train = loudness_code(levels, 27).values[0].reshape(27, len(LATE), 2, len(BELOW_PEAK))
    for line, late in enumerate(LATE):
        assert train[late, line].tolist() == [[1, 1, 1, 1], [0, 0, 1, 1]]
        assert train[:, line].sum() == 6, "the silent frames after it are 100 under the peak"


@given(st.integers(1, 60), st.integers(1, 8), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_what_a_delay_line_cannot_show_in_time_is_lost(frames: int, pairs: int, steps: int, seed: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 256, (2, frames, 2 * pairs)).astype(np.uint8)
    train = loudness_code(levels, steps).values.reshape(2, steps, len(LATE), pairs, len(BELOW_PEAK))
    now = train[:, :, 0]
    for line, late in enumerate(LATE):
        assert not train[:, :late, line].any()
        assert np.array_equal(train[:, late:, line], now[:, : max(steps - late, 0)])
    assert not now[:, frames:].any()
    assert (np.diff(now.astype(int), axis=-1) >= 0).all(), "who passes a threshold passes all lower ones"


@pytest.mark.parametrize(
    ("levels", "steps", "problem"),
    [
        (np.zeros((1, 2, 4), np.int32), 3, "expected bytes"),
        (np.zeros((2, 4), np.uint8), 3, "expected bytes"),
        (np.zeros((1, 2, 3), np.uint8), 3, "even bands"),
        (np.zeros((1, 2, 0), np.uint8), 3, "even bands"),
        (np.zeros((1, 2, 4), np.uint8), 0, "0 steps must lie in 1"),
        (np.zeros((1 << 15, 1, 40), np.uint8), 100, "use fewer samples"),
    ],
)
def test_levels_that_do_not_fit_are_refused(levels: np.ndarray, steps: int, problem: str) -> None:
    with pytest.raises(LavaFedError, match=problem):
        loudness_code(levels, steps)


def test_keywords_become_labels_in_the_order_in_which_they_are_named() -> None:
    spoken = some()
    chosen = spoken.saying(["up", "yes"])
    assert chosen.words == ("up", "yes")
    assert chosen.y.tolist() == [1, 0, 1]
    assert chosen.speaker.tolist() == [1, 3, 4]
    with pytest.raises(LavaFedError, match="no keyword is 'nine'; known: yes, no, up"):
        spoken.saying(["nine"])


def test_a_split_holds_its_own_speakers() -> None:
    assert some().of("train").speaker.tolist() == [1, 3]
    assert some().of("validation").speaker.tolist() == [2, 4]
    assert len(some().of("test")) == 0
    with pytest.raises(LavaFedError, match="no split 'device'; known: train, validation, test"):
        some().of("device")


def test_moved_utterances_repeat_their_edges() -> None:
    spoken = some(samples=200)
    moved = spoken.shifted(np.random.default_rng(1), frames=1, bands=0)
    seen = set()
    for before, after in zip(spoken.levels, moved.levels, strict=True):
        early, late = np.concatenate([before[1:], before[-1:]]), np.concatenate([before[:1], before[:-1]])
        found = [np.array_equal(after, each) for each in (early, before, late)]
        assert any(found)
        seen.add(found.index(True))
    assert seen == {0, 1, 2}
    higher = spoken.shifted(np.random.default_rng(1), frames=0, bands=2).levels
    assert all(
        np.array_equal(after, before[:, np.clip(np.arange(6) - by, 0, 5)])
        for before, after in zip(spoken.levels, higher, strict=True)
        for by in [next(by for by in range(-2, 3) if (after == before[:, np.clip(np.arange(6) - by, 0, 5)]).all())]
    )


def test_the_digest_is_that_of_what_is_heard() -> None:
    spoken = some()
    assert spoken.digest == some().digest
    assert spoken.only(np.array([1, 0, 2, 3])).digest != spoken.digest
    assert spoken.saying(["no", "yes", "up"]).digest != spoken.digest


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"levels": np.zeros((4, 5), np.uint8)}, "levels must be bytes"),
        ({"levels": np.zeros((4, 5, 6))}, "levels must be bytes"),
        ({"word": np.arange(3)}, "word must be one integer for each of 4"),
        ({"speaker": np.zeros(4)}, "speaker must be one integer"),
        ({"word": np.array([0, 1, 2, 3])}, r"words are numbered 0\.\.3, and there are 3"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(change: dict[str, np.ndarray], problem: str) -> None:
    spoken = some()
    arrays = {name: getattr(spoken, name) for name in ("levels", "word", "speaker", "split")}
    with pytest.raises(LavaFedError, match=problem):
        Utterances(**{**arrays, **change}, words=spoken.words)


def test_files_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match=f"holds no file {FILE}"):
        Utterances.read(tmp_path)
    for content in (b"", b"PK no archive"):
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(ContainerError, match="cannot be read as speech commands"):
            Utterances.read(tmp_path)
    np.savez(tmp_path / FILE, logmel=np.zeros((1, 2, 4), np.uint8))
    with pytest.raises(ContainerError, match="cannot be read as speech commands"):
        Utterances.read(tmp_path)


@real
def test_no_speaker_of_the_real_data_is_in_two_splits() -> None:
    spoken = Utterances.read(FOLDER)
    speakers = [set(spoken.of(split).speaker.tolist()) for split in ("train", "validation", "test")]
    assert [len(each) for each in speakers] == [18, 6, 6]
    assert len(set.union(*speakers)) == 30
    digits = spoken.saying(DIGITS).of("test")
    assert np.bincount(digits.y).tolist() == [60] * 10
    data = digits.take(slice(2))
    assert (data.x.samples, data.x.steps, data.x.units, digits.units) == (2, STEPS, INPUT_UNITS, INPUT_UNITS)
