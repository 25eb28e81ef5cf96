"""The processes of a Lava session live from its first call to its end, and no longer."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from hardware.emulator.reference import ReferenceBackend
from hardware.errors import BackendError, LavaFedError
from hardware.lava import warden
from hardware.lava.cpu import LavaBackend
from hardware.lava.failure import Limits
from hardware.lava.living import Living
from hardware.learning import LearningRule
from hardware.learning.rule import Rounding
from hardware.spikes import SpikeTrain
from tests.lava.left_behind import marked
from tests.learning_programs import FIRST, WHOLE
from tests.programs import LEARNING, TEACHER, learner

pytestmark = [pytest.mark.lava, pytest.mark.timeout(120)]
CASE = LEARNING[0]


def assert_equal(found, expected):
    for name, sent in expected.spikes.items():
        np.testing.assert_array_equal(found.spikes[name], sent, err_msg=name)
    for name, states in expected.probes.items():
        np.testing.assert_array_equal(found.probes[name], states, err_msg=name)


def both(session, reference, call):
    """Make the same call on both, and compare all that can be seen."""
    assert_equal(call(session), call(reference))
    for name, weights in reference.weights().items():
        np.testing.assert_array_equal(session.weights()[name], weights, err_msg=name)


def test_a_session_does_all_it_can_with_the_processes_of_its_first_call(token):
    rng = np.random.default_rng(4)
    longer = SpikeTrain((rng.random((3, 24, 6)) < 0.4).astype(np.uint8))
    written = {"hidden->readout": rng.integers(-256, 256, (3, 8))}
    with LavaBackend().load(CASE.program) as session, ReferenceBackend().load(CASE.program) as reference:
        both(session, reference, lambda s: s.run(CASE.spikes))
        first = sorted(marked(token))
        both(
            session,
            reference,
            lambda s: s.learn(CASE.spikes, CASE.labels, seed=3, probes=CASE.learning_probes),
        )
        both(session, reference, lambda s: s.run(longer, probes=CASE.probes))
        for each in (session, reference):
            each.write_weights(written)
        both(session, reference, lambda s: s.learn(longer, np.array([2, -1, 0]), seed=9, probes=["readout.y1"]))
        both(session, reference, lambda s: s.run(CASE.spikes.take(np.zeros(1, np.int64))))
        assert sorted(marked(token)) == first
        assert len(first) > 5


def test_learning_goes_on_where_it_stopped_and_begins_anew_from_its_seed(token):
    spikes, labels, part = WHOLE.spikes, WHOLE.labels, 3
    first, rest = np.arange(part), np.arange(part, WHOLE.samples)
    with LavaBackend().load(WHOLE.program) as session:
        begin = session.weights()
        session.learn(spikes, labels, seed=6)
        at_once = session.weights()
        session.write_weights(begin)
        session.learn(spikes.take(first), labels[first], seed=6)
        session.run(spikes)
        session.learn(spikes.take(rest), labels[rest], seed=6, after=part)
        for name, weights in at_once.items():
            np.testing.assert_array_equal(session.weights()[name], weights, err_msg=name)
        session.write_weights(begin)
        session.learn(spikes, labels, seed=6, frozen=[FIRST])
        np.testing.assert_array_equal(session.weights()[FIRST], begin[FIRST])
        session.write_weights(begin)
        session.learn(spikes, labels, seed=6)
        for name, weights in at_once.items():
            assert np.any(weights != begin[name])
            np.testing.assert_array_equal(session.weights()[name], weights, err_msg=name)


def test_a_process_that_dies_between_two_calls_costs_no_more_than_new_ones(token):
    with LavaBackend().load(CASE.program) as session, ReferenceBackend().load(CASE.program) as reference:
        session.run(CASE.spikes)
        first = set(marked(token))
        os.kill(max(first), signal.SIGKILL)
        time.sleep(1)
        both(session, reference, lambda s: s.learn(CASE.spikes, CASE.labels, seed=3))
        assert first.isdisjoint(marked(token))


def test_a_call_that_fails_leaves_a_session_that_works(token):
    with LavaBackend().load(CASE.program) as session, ReferenceBackend().load(CASE.program) as reference:
        both(session, reference, lambda s: s.learn(CASE.spikes, CASE.labels, seed=3))
        session.on_step = lambda _done, _total: os.kill(max(marked(token)), signal.SIGKILL)
        with pytest.raises(BackendError, match=r"of the simulation .*was killed by SIGKILL|supervisor was killed"):
            session.learn(CASE.spikes.take(np.zeros(2000, np.int64)), np.zeros(2000, int), seed=3)
        session.on_step = None
        both(session, reference, lambda s: s.learn(CASE.spikes, CASE.labels, seed=4))


def test_waiting_for_the_next_call_is_no_stall_and_takes_no_time(token):
    with LavaBackend(Limits(stall=1, deadline=60)).load(CASE.program) as session:
        session.run(CASE.spikes)
        first = sorted(marked(token))
        before = seconds(first)
        time.sleep(2.5)
        assert seconds(first) - before < 0.5
        session.run(CASE.spikes)
        assert sorted(marked(token)) == first


def seconds(pids):
    """Processor time that processes have taken."""
    ticks = 0
    for pid in pids:
        fields = warden.stat(pid)
        assert fields is not None
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def test_a_session_that_is_forgotten_ends_its_processes(token):
    session = LavaBackend().load(CASE.program)
    session.run(CASE.spikes)
    assert marked(token)
    del session
    gc.collect()
    assert marked(token) == []


def test_a_fork_of_the_caller_that_ends_leaves_the_session_alone(token):
    with LavaBackend().load(CASE.program) as session:
        session.run(CASE.spikes)
        first = sorted(marked(token))
        child = os.fork()
        if child == 0:
            session.close()
            os._exit(0)
        os.waitpid(child, 0)
        session.run(CASE.spikes)
        assert sorted(marked(token)) == first


def test_a_program_that_ends_without_closing_leaves_nothing(token):
    script = (
        "from tests.lava.test_calls import *\n"
        "session = LavaBackend().load(CASE.program)\n"
        "session.run(CASE.spikes)\n"
        "print(len(marked(sys.argv[1])))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, token], capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 5
    assert marked(token) == []


def test_calls_from_several_threads_take_turns(token):
    results, errors = [], []
    with LavaBackend().load(CASE.program) as session, ReferenceBackend().load(CASE.program) as reference:

        def one():
            try:
                results.append(session.run(CASE.spikes, probes=CASE.probes))
            except LavaFedError as error:
                errors.append(error)

        threads = [threading.Thread(target=one) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = reference.run(CASE.spikes, probes=CASE.probes)
    assert errors == []
    assert len(results) == 3
    for result in results:
        assert_equal(result, expected)


def test_only_so_many_sessions_keep_their_processes(token):
    backend = LavaBackend(living=1)
    with backend.load(CASE.program) as one, backend.load(CASE.program) as other:
        expected = one.run(CASE.spikes)
        first = set(marked(token))
        assert_equal(other.run(CASE.spikes), expected)
        second = set(marked(token))
        assert first.isdisjoint(second)
        assert_equal(one.run(CASE.spikes), expected)
        assert second.isdisjoint(marked(token))


def test_the_session_used_least_recently_is_laid_to_rest_unless_it_works():
    class Session:
        def __init__(self, *, works=False):
            self.works, self.rested = works, 0

        def rest(self):
            self.rested += not self.works
            return not self.works

    living = Living(2)
    a, b, c = Session(), Session(works=True), Session()
    for session in (a, b, a, c):
        living.used(session)
    assert (a.rested, b.rested, c.rested) == (0, 0, 0)  # b has waited longest, but works
    b.works = False
    living.used(c)
    assert (a.rested, b.rested, c.rested) == (0, 1, 0)
    del a
    living.used(b)
    assert (b.rested, c.rested) == (1, 0)


def test_rounding_of_each_synapse_is_refused_but_only_to_learn(token):
    rule = LearningRule.parse("2^-4*u0*x1*y1", epoch=4, x1_impulse=20, x1_tau=5, rounding=Rounding.INDEPENDENT)
    program = learner(rule, TEACHER)
    with LavaBackend().load(program) as session, ReferenceBackend().load(program) as reference:
        with pytest.raises(LavaFedError, match="hidden->readout: its rule rounds independently"):
            session.learn(CASE.spikes, CASE.labels, seed=1)
        both(session, reference, lambda s: s.learn(CASE.spikes, CASE.labels, seed=1, frozen=["hidden->readout"]))
