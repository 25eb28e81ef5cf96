"""A Lava session: what a caller sees when all is well, and when it is not."""

import errno
import os
import sys
from importlib import metadata

import numpy as np
import pytest

from hardware.errors import BackendError, BackendUnavailableError, LavaFedError
from hardware.lava import job, outputs
from hardware.lava.cpu import LAVA_VERSION, LavaBackend, lava_availability
from hardware.lava.failure import Limits
from hardware.lava.loihi2 import Loihi2Backend, Loihi2Session
from hardware.lava.session import LavaSession
from tests.programs import LEARNING

CASE = LEARNING[0]


@pytest.mark.lava
def test_progress_is_told_in_steps_of_all_samples():
    told = []
    with LavaBackend().load(CASE.program) as session:
        session.on_step = lambda done, total: told.append((done, total))
        session.run(CASE.spikes.take(np.arange(100) % CASE.samples))
    total = 100 * CASE.steps
    assert told == sorted(told)
    assert {whole for _, whole in told} == {total}
    assert told[-1][0] <= total


@pytest.mark.lava
def test_a_learn_that_is_given_up_leaves_the_weights_as_they_were():
    session = LavaBackend(Limits(deadline=0.2)).load(CASE.program)
    with pytest.raises(BackendError, match=r"the deadline of 0\.2 s passed"):
        session.learn(CASE.spikes, CASE.labels, seed=1)
    np.testing.assert_array_equal(session.weights()["hidden->readout"], CASE.program.weights()["hidden->readout"])


@pytest.mark.lava
def test_an_error_of_the_callers_own_callback_ends_the_job():
    session = LavaBackend().load(CASE.program)

    def fail(_done, _total):
        raise RuntimeError("not now")

    session.on_step = fail
    with pytest.raises(RuntimeError, match="not now"):
        session.run(CASE.spikes.take(np.zeros(2000, np.int64)))


def test_mistakes_are_found_before_any_process_starts(monkeypatch):
    monkeypatch.setattr(job, "Job", lambda *_, **__: pytest.fail("a job was started"))
    session = LavaSession(CASE.program)
    with pytest.raises(LavaFedError, match="no state 'hidden.w' to probe"):
        session.run(CASE.spikes, probes=["hidden.w"])
    with pytest.raises(LavaFedError, match="integer labels"):
        session.learn(CASE.spikes, CASE.labels[1:], seed=1)
    with pytest.raises(LavaFedError, match="does not learn"):
        session.write_weights({"input->hidden": np.zeros((8, 6), np.int16)})
    with pytest.raises(LavaFedError, match="no connection"):
        session.write_weights({"nowhere": np.zeros((8, 6), np.int16)})
    with pytest.raises(LavaFedError, match=r"have shape \(2, 2\)"):
        session.write_weights({"hidden->readout": np.zeros((2, 2), np.int16)})
    with pytest.raises(LavaFedError, match=r"-256\.\.255"):
        session.write_weights({"hidden->readout": np.full((3, 8), 256)})
    session.close()
    with pytest.raises(LavaFedError, match="this session is closed"):
        session.run(CASE.spikes)


def test_a_full_disk_is_one_sentence(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(BackendError, match=r"probe/a\.v needs 800 bytes .* No space left on device; free space"):
        outputs.make(tmp_path / "0.npy", "probe/a.v", (10, 20), np.int32)


def refusal(backend):
    available = backend.availability()
    assert not available.ok
    assert available.remedy
    with pytest.raises(BackendUnavailableError, match=available.remedy.split()[0]):
        backend.load(CASE.program)
    return available.reason


def test_what_is_missing_is_said(monkeypatch):
    def missing(_name):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr("hardware.lava.cpu._python", lambda: (3, 10))
    with monkeypatch.context() as patch:
        patch.setattr("hardware.lava.cpu._python", lambda: (3, 12))
        assert refusal(LavaBackend()) == f"Lava {LAVA_VERSION} needs Python 3.10, this is 3.12"
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        assert "supervised through Linux; this is darwin" in refusal(LavaBackend())
    with monkeypatch.context() as patch:
        patch.setattr(metadata, "version", missing)
        assert refusal(LavaBackend()) == "Lava (lava-nc) is not installed"
        assert refusal(Loihi2Backend()) == "Lava (lava-nc) is not installed"
    with monkeypatch.context() as patch:
        patch.setattr(metadata, "version", lambda _name: "0.9.0")
        assert refusal(LavaBackend()) == f"lava-nc 0.9.0 is installed, {LAVA_VERSION} is needed"


@pytest.mark.lava
def test_with_lava_installed_only_intels_extension_is_missing():
    assert lava_availability().ok
    assert "Intel's Lava extension for Loihi is not installed" in refusal(Loihi2Backend())
    assert "INRC" in Loihi2Backend().availability().remedy


def test_learning_on_the_chip_is_refused():
    session = Loihi2Session(CASE.program)
    with pytest.raises(BackendUnavailableError, match="learn on the emulator or the lava backend"):
        session.learn(CASE.spikes, CASE.labels, seed=1)
