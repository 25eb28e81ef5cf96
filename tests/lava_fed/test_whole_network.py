from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compile.blank import Blank, blank_network
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.learning.methods.direct_feedback import direct_feedback
from hardware.program import Program
from lava_fed.data.images import Images
from lava_fed.learning.plan import Plan
from lava_fed.learning.training import Training

MNIST = Path(__file__).parents[3] / "shared" / "data" / "mnist"


def small_digits() -> tuple[Images, Images]:
    """scikit-learn's digits, 8 x 8, as bytes, in two parts drawn at random."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.minimum(bunch.images * 16, 255).astype(np.uint8)
    images = Images(pixels, bunch.target.astype(np.int32), "digits")
    order = np.random.default_rng(0).permutation(len(images))
    return images.only(order[:1437]), images.only(order[1437:])


def learned(train: Images, test: Images, hidden: int, threshold: int, plan: Plan, shift: int = 8) -> float:
    """Accuracy of a network that began blank."""
    blank = Blank(threshold=threshold, spread=24)
    network = blank_network((train.units - 1, hidden, 10), direct_feedback(shift=shift), blank)
    with EmulatorBackend().load(Program(network, LOIHI2)) as session:
        training = Training(session, plan, train, test)
        while not training.done:
            training.advance()
        return training.points[-1].accuracy or 0.0


def test_a_network_that_knows_nothing_learns_digits_in_all_its_layers() -> None:
    train, test = small_digits()
    assert learned(train, test, 64, 512, Plan(passes=4, anneal=(0, 0, 1, 2)), shift=7) > 0.85


def test_its_readout_alone_could_not() -> None:
    train, test = small_digits()
    plan = Plan(passes=4, anneal=(0, 0, 1, 2), frozen=("input->hidden", "readout->hidden:error"))
    assert learned(train, test, 64, 512, plan) < 0.6


@pytest.mark.skipif(not Images.there(MNIST), reason="MNIST is not in ../shared/data")
def test_two_thousand_images_of_mnist_teach_it_most_digits() -> None:
    train, test = Images.read(MNIST, "train"), Images.read(MNIST, "test")
    plan = Plan(passes=6, anneal=(0, 0, 0, 0, 1, 2), samples=2000)
    assert learned(train, test.only(slice(1000)), 128, 1408, plan) > 0.84
