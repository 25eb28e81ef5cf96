"""Images as messages that a Program's input block makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.held_out import hold_out, write
from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend
from hardware.encoder import Encoder
from hardware.errors import LavaFedError
from lava_fed.config.data import DataConfig
from lava_fed.data import registry
from lava_fed.data.held import Held
from lava_fed.data.images import Images
from lava_fed.data.sets import open_set
from lava_fed.data.steps import with_steps


def images(count: int = 6) -> Images:
    pixels = np.random.default_rng(0).integers(0, 256, (count, 3, 4), np.uint8)
    return Images(pixels, (np.arange(count) % 3).astype(np.int32), "noise")


def family(folder: Path, count: int = 12) -> Images:
    made = images(count)
    for name in ("train", "t10k"):
        write(folder / f"{name}-images-idx3-ubyte", made.pixels)
        write(folder / f"{name}-labels-idx1-ubyte", made.y.astype(np.uint8))
    return made


def test_each_pixel_sends_its_value_of_256_in_4096ths_in_every_step() -> None:
    held = Held.of(images(), Encoder(grid=4096))
    taken = held.take(np.array([4, 1]))
    assert taken.x.values.shape == (2, 11, 13) and taken.labels.tolist() == [1, 1]
    np.testing.assert_array_equal(taken.x.values[0, 0, :-1], 16 * images().pixels[4].ravel().astype(int))
    assert (taken.x.values[..., -1] == 16 * 255).all()
    assert taken.x.values.strides[1] == 0


def test_digits_are_held_for_a_program_that_takes_numbers(tmp_path: Path) -> None:
    blank = compile_model(Path("64-8-10"))
    assert blank.network.encoder is not None
    train, test = open_set(DataConfig(name="digits", train="device", steps=5), tmp_path, blank)
    assert isinstance(train, Held) and (len(train), len(test)) == (1137, 360)
    rated = registry.images("digits", "device", 5)
    taken = train.take(slice(3)).x.values
    assert taken.shape == (3, 5, 65)
    np.testing.assert_array_equal(
        taken[0, 0, :-1], blank.network.encoder(train.pixels[0].ravel() / np.float32(256))
    )
    black, white = rated.pixels == 0, rated.pixels == rated.white
    assert (train.pixels[black] == 0).all() and (train.pixels[white] == 255).all()
    assert (
        np.argsort(train.pixels[0].ravel(), kind="stable") == np.argsort(rated.pixels[0].ravel(), kind="stable")
    ).all()


def test_it_keeps_its_samples_when_some_are_chosen_or_last_longer() -> None:
    held = Held.of(images(), Encoder(grid=4096))
    assert len(held) == 6 and held.classes == 3 and held.white == 255
    some = held.only(slice(2, 4))
    assert len(some) == 2 and some.classes == 3
    np.testing.assert_array_equal(some.take(slice(None)).x.values, held.take(slice(2, 4)).x.values)
    assert with_steps(held, 5).take(slice(1)).x.steps == 5
    digests = {held.digest, some.digest, held.lasting(5).digest, Held.of(images(), Encoder(divide=6)).digest}
    assert len(digests) == 4 and held.digest == Held.of(images(), Encoder(grid=4096)).digest


def test_what_cannot_be_held_is_refused() -> None:
    with pytest.raises(LavaFedError, match="takes means over 4 steps"):
        Held.of(images(), Encoder(decimate=4, grid=4096))
    with pytest.raises(LavaFedError, match="samples of 0 steps show nothing"):
        Held.of(images(), Encoder(grid=4096)).lasting(0)


def test_a_folder_of_images_goes_through_the_programs_encoder(tmp_path: Path) -> None:
    family(tmp_path)
    program = compile_model(Path("12-6-5-3"))
    train, test = open_set(DataConfig(folder=str(tmp_path), steps=9), tmp_path, program)
    assert isinstance(train, Held) and isinstance(test, Held) and train.steps == 9
    with EmulatorBackend().load(program) as session:
        assert session.run(train.take(slice(None)).x).scores("readout").shape == (12, 3)


def test_the_last_training_images_can_stand_in_for_the_test_set(tmp_path: Path) -> None:
    made = family(tmp_path)
    (tmp_path / "part").mkdir()
    hold_out(tmp_path, 5, tmp_path / "part")
    for split, part in (("train", slice(7)), ("test", slice(7, None))):
        read = Images.read(tmp_path / "part", split)
        np.testing.assert_array_equal(read.pixels, made.pixels[part])
        np.testing.assert_array_equal(read.y, made.y[part])
    with pytest.raises(LavaFedError, match="of 12 training images, 1 to 11 can be held out, not 12"):
        hold_out(tmp_path, 12, tmp_path / "part")
