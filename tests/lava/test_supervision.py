"""Whatever happens to a Lava job, the caller gets one clear error soon, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from hardware.errors import BackendError
from hardware.lava import job, warden
from hardware.lava.failure import Limits
from tests.lava import fault_job
from tests.lava.left_behind import marked

pytestmark = [pytest.mark.lava, pytest.mark.timeout(120)]
LIMITS = Limits(start=60, stall=20)


def run(fault, limits=LIMITS, on_step=None, **arguments):
    with job.Job(fault_job.TARGET, {"fault": fault, **arguments}, limits) as running:
        running.call(on_step)
        return np.load(running.folder / "spikes.npy")


FAULTS = {
    "raise": ["a fault in the model"],
    "raise after sending": ["a fault after the output"],
    "wrong shape": ["Mismatch"],
    "exit": ["'middle (PyFaulty)'", "code 3", "after step 3"],
    "kill": ["'middle (PyFaulty)'", "SIGKILL", "after step 3"],
    "segfault": ["'middle (PyFaulty)'", "SIGSEGV", "after step 3"],
    "hang": ["no progress for 3 s after step 3"],
    "raise in init": ["no such constructor"],
    "exit in init": ["'middle (PyFaulty)'", "ended", "after step 0"],
    "worker raises": ["KeyError", "a key of the worker"],
    "worker finds no room": ["No space left on device (is /dev/shm or the temporary folder full?)"],
    "worker is killed": ["killed by SIGKILL"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_failure_becomes_one_error_within_seconds(fault, token):
    begin = time.monotonic()
    with pytest.raises(BackendError) as caught:
        run(fault, Limits(start=60, stall=3) if fault == "hang" else LIMITS)
    assert time.monotonic() - begin < 20
    message = str(caught.value)
    assert message.startswith("Lava: ")
    assert "\n" not in message
    for part in FAULTS[fault]:
        assert part in message
    assert caught.value.__cause__ is not None


def test_a_job_without_fault_runs_to_its_end_and_reports_its_steps(token):
    seen = []
    spikes = run("slow", on_step=seen.append)
    assert spikes.shape == (20, 5)
    assert seen == sorted(set(seen))
    assert seen[-1] <= 20
    assert len(seen) > 3


def test_a_hang_before_the_first_step_is_ended_too(token):
    with pytest.raises(BackendError, match="no progress for 1 s after step 0"):
        run("worker hangs", Limits(start=1, stall=3))


def test_the_deadline_ends_a_job_that_makes_progress(token):
    with pytest.raises(BackendError, match="the deadline of 2 s passed after step"):
        run("slow", Limits(deadline=2), steps=10000)


def test_a_mistake_found_by_the_worker_is_told_in_its_own_words(token):
    with pytest.raises(BackendError, match=r"^Lava: layer 'a' is not to my taste; give me another$"):
        run("worker refuses")


def test_not_even_a_daemon_in_a_session_of_its_own_survives(token):
    with job.Job(fault_job.TARGET, {"fault": "escapes"}, LIMITS) as running:
        running.call()
        segment = (running.folder / "segment").read_text()
    assert segment.startswith(warden.PREFIX)
    assert not (warden.SHARED_MEMORY / segment).exists()


def test_all_shared_memory_of_a_running_job_bears_its_name(token):
    maps = []

    def look(_step):
        for pid in marked(token):
            try:
                maps.append(Path(f"/proc/{pid}/maps").read_text())
            except OSError:
                continue

    run("slow", on_step=look)
    text = "".join(maps)
    assert f"{warden.SHARED_MEMORY}/{warden.PREFIX}" in text
    assert "psm_" not in text


def test_several_threads_run_their_jobs_side_by_side(token):
    results = {}

    def one(fault):
        try:
            results[fault] = run(fault, Limits(start=60, stall=10)).shape
        except BackendError as error:
            results[fault] = str(error)

    threads = [threading.Thread(target=one, args=(fault,)) for fault in ("none", "exit", "slow")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results["none"] == results["slow"] == (20, 5)
    assert "code 3" in results["exit"]


def start_caller(tmp_path):
    """Start another process that runs an endless job, and wait until the simulation runs."""
    note = tmp_path / "folder"
    caller = subprocess.Popen(
        [sys.executable, "-m", fault_job.__name__, "slow", str(note)],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if note.exists() and note.read_text():
            progress = Path(note.read_text()) / "progress"
            if progress.exists() and warden.PROGRESS.unpack(progress.read_bytes())[1] > 2:
                return caller, Path(note.read_text())
        time.sleep(0.05)
    raise AssertionError("the job did not start")


def wait_until_gone(token):
    end = time.monotonic() + 10
    while marked(token) and time.monotonic() < end:
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_callers_group_ends_the_job(number, token, tmp_path):
    caller, folder = start_caller(tmp_path)
    assert len(marked(token)) > 5
    os.killpg(caller.pid, number)
    noise = caller.communicate(timeout=10)[1].decode()
    wait_until_gone(token)
    assert marked(token) == []
    assert caller.returncode == -number
    assert not folder.exists()
    assert "resource_tracker" not in noise
    assert "leaked" not in noise


def warden_of(pid):
    return next(iter(warden.children(pid)))


def test_a_killed_supervisor_takes_the_job_along(token, tmp_path):
    caller, folder = start_caller(tmp_path)
    os.kill(warden_of(caller.pid), signal.SIGKILL)
    noise = caller.communicate(timeout=20)[1].decode()
    wait_until_gone(token)
    assert marked(token) == []
    assert "supervisor was killed" in noise
    assert not folder.exists()


@pytest.fixture
def own_folder(monkeypatch):
    """Let jobs keep their folders where no job of another test looks for what was left."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.mark.usefixtures("own_folder")
def test_what_a_killed_caller_and_warden_left_is_swept_by_the_next_job(token, tmp_path):
    caller, folder = start_caller(tmp_path)
    supervisor = warden_of(caller.pid)
    dead, alive = (warden.PREFIX + warden.owner(pid) for pid in (supervisor, os.getpid()))
    os.kill(caller.pid, signal.SIGSTOP)
    os.kill(supervisor, signal.SIGKILL)
    os.kill(caller.pid, signal.SIGKILL)
    caller.communicate(timeout=10)
    wait_until_gone(token)
    assert folder.exists()
    left = [warden.SHARED_MEMORY / f"{first}{dead}-test" for first in ("", "sem.")]
    used = [warden.SHARED_MEMORY / f"{first}{alive}-test" for first in ("", "sem.")]
    for path in left + used:
        path.touch()
    run("none")
    assert not folder.exists()
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in used)
    for path in used:
        path.unlink()


def test_a_folder_whose_path_is_too_long_for_sockets_is_refused(monkeypatch, tmp_path):
    long = tmp_path / ("x" * 70)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(BackendError, match="set TMPDIR to a shorter one"):
        job.Job(fault_job.TARGET, {})
    assert list(long.iterdir()) == []
