"""What learning neurons and their lessons must not be, by the words in which it is refused."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.backend import Backend
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import LavaFedError
from hardware.learning import Feedback, LearningRule, Reward, Teacher
from hardware.network import Connection, Layer
from hardware.network_file import pack_network, unpack_network
from hardware.neurons.cuba import Message
from hardware.neurons.readout import Readout
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.spikes import SpikeTrain
from tests.every_kind import network
from tests.learning_programs import WHOLE, rewarded, whole
from tests.programs import cuba, dense


@pytest.fixture
def backend() -> Backend:
    return ReferenceBackend()


@pytest.mark.parametrize(
    ("program", "told", "message"),
    [
        (
            whole(lead=16),
            {},
            "layer 'hidden': its feedback speaks 16 steps before a sample's last",
        ),
        (whole(), {"rewards": np.zeros(2, int)}, "no layer of this Program has a reward"),
        (whole(), {"anneal": 8}, "anneal 8 must lie in 0..7"),
        (whole(), {"after": -1}, "after -1 must lie in 0.."),
        (whole(), {"frozen": ["input->out"]}, "no connection 'input->out' to freeze; those that learn: input->h"),
        (rewarded("u0*x1*y1"), {}, "layer 'a' has a reward; give learn a reward for each sample"),
        (rewarded("u0*x1*y1"), {"rewards": np.array([1, 128])}, "rewards 1..128 must lie in -128..127"),
        (rewarded("u0*x1*y1"), {"rewards": np.zeros(2)}, "expected 2 integer rewards, found float64(2,)"),
        (whole(classes=2), {"labels": np.array([0, 2])}, "labels 0..2 do not fit the 2 units of layer 'out'"),
    ],
)
def test_what_a_call_must_say(backend: Backend, program: Program, told: dict, message: str) -> None:
    with pytest.raises(LavaFedError) as error:
        backend.load(program).learn(SpikeTrain(np.zeros((2, 16, 5), np.uint8)), seed=0, **told)
    assert message in str(error.value)


def _parts(layer: Layer, *more: Connection, out: Layer | None = None) -> Program:
    out = out or Layer("out", Readout(2, margin=9, shift=0))
    into = Connection("input", "hidden", dense(3, 2)), Connection("hidden", "out", dense(2, 3))
    return network(2, [layer, out], [*into, *more])


BACKWARD = Connection("out", "hidden", dense(3, 2), port="error")
HEARS = Feedback(shift=0, most=9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: _parts(Layer("hidden", cuba(3), HEARS)), "has a feedback, but no connection leads to its port"),
        (lambda: _parts(Layer("hidden", cuba(3), Teacher(9, 0)), BACKWARD), "neurons have no port 'error'"),
        (lambda: _parts(Layer("hidden", Relay(3), HEARS), BACKWARD), "has a feedback, which needs plain CUBA"),
        (lambda: _parts(Layer("hidden", cuba(3, message=Message.GRADED), HEARS), BACKWARD), "needs plain CUBA"),
        (
            lambda: _parts(Layer("hidden", cuba(3), HEARS, np.array([0, 1, 0])), BACKWARD),
            "layer 'hidden' has a feedback, which counts spikes as they fall; leave out its delays",
        ),
        (
            lambda: _parts(Layer("hidden", cuba(3), HEARS), BACKWARD, out=Layer("out", cuba(2))),
            "connection out->hidden:error: only a layer of readout neurons sends errors",
        ),
        (
            lambda: _parts(
                Layer("hidden", cuba(3), HEARS), BACKWARD, out=Layer("out", Readout(2, margin=9, shift=0, lead=4))
            ),
            "speaks 4 steps before a sample's end, and the feedback of layer 'hidden' expects it 3 steps before",
        ),
        (
            lambda: _parts(
                Layer("hidden", cuba(3), HEARS),
                Connection("out", "hidden", dense(3, 2, delays=np.ones((3, 2), np.uint8)), port="error"),
            ),
            "connection out->hidden:error: errors need dense synapses without delays",
        ),
        (
            lambda: _parts(Layer("hidden", cuba(3)), out=Layer("out", Readout(2, margin=9, shift=0), Reward())),
            "layer 'out' has a reward, but its readout neurons send y1 themselves",
        ),
        (
            lambda: _parts(
                Layer("hidden", cuba(3)), out=Layer("out", Readout(2, margin=9, shift=0), None, np.array([1, 0]))
            ),
            "layer 'out': a readout's messages have their steps, so its axons can have no delays",
        ),
        (lambda: whole(first=LearningRule.parse("u0*y3", epoch=1, x1_impulse=1, x1_tau=1)),
         "uses y3, but the feedback of layer 'hidden' sends y1 and y2 alone"),
        (lambda: rewarded("u0*y2"), "uses y2, but the reward of layer 'a' sends y1 alone"),
        (lambda: Feedback(shift=24, most=1), "feedback: shift 24 must lie in 0..23"),
        (lambda: Feedback(shift=0, most=0), "feedback: most 0 must lie in 1..65535"),
        (lambda: Feedback(shift=0, most=1, lead=1), "feedback: lead 1 must lie in 2..63"),
        (lambda: Feedback(shift=0, most=1, counts=128), "feedback: counts 128 must lie in 0..127"),
        (lambda: Feedback(shift=0, most=1, window=-1), "feedback: window -1 must lie in 0..131071"),
        (lambda: Feedback(shift=0, most=1, once=2), "feedback: once 2 must lie in 0..1"),
        (lambda: Readout(0, 1, 0), "units 0 must be a positive integer"),
        (lambda: Readout(1, 0, 0), "readout: margin 0 must lie in 1..8388607"),
        (lambda: Readout(1, 5, 0, 5), "readout: ceiling 5 must lie in -8388607..4, below the margin"),
        (lambda: Readout(1, 5, 0, lead=64), "readout: lead 64 must lie in 2..63"),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_are_named(make, message: str) -> None:
    with pytest.raises(LavaFedError) as error:
        make()
    assert message in str(error.value)


def test_a_third_factor_of_another_kind_is_refused() -> None:
    header, arrays = pack_network(WHOLE.program.network)
    header["layers"][0]["teacher"]["kind"] = "oracle"
    with pytest.raises(LavaFedError, match="hidden: third factor 'oracle' is not supported; known are"):
        unpack_network(header, arrays)
