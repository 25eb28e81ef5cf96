from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.kills import FEDERATIONS, kill
from hardware import container
from hardware.errors import ContainerError, LavaFedError
from hardware.program import Program
from lava_fed.aggregate.aggregator import Aggregator
from lava_fed.config import load
from lava_fed.coordinator.rounds import federate
from lava_fed.data import archive
from lava_fed.data import registry as data
from lava_fed.errors import RunError
from lava_fed.local.on_chip import OnChip
from tests.federated.conftest import files

SMALL: dict[str, dict[str, object]] = {
    "data": {"name": None, "steps": None, "train": "train.npz", "test": "test.npz"},
    "devices": {"count": 3},
    "rounds": {"count": 3},
    "run": {"baselines": True},
}


@pytest.fixture(autouse=True)
def few_samples(tmp_path: Path) -> None:
    """Put small archives beside the config, so that many runs take little time."""
    archive.write(tmp_path / "train.npz", data.load("digits", "device", 16).take(slice(0, 150)))
    archive.write(tmp_path / "test.npz", data.load("digits", "test", 16).take(slice(0, 60)))


class Killed(BaseException):
    """Stands for a process that is gone."""


@pytest.fixture
def whole(tmp_path: Path, config: Callable[..., Path]) -> dict[str, bytes]:
    """Return the files of an unbroken run."""
    federate(load(config(**SMALL)), tmp_path / "whole")
    return files(tmp_path / "whole")


TROUBLED: dict[str, dict[str, object]] = SMALL | {
    "rounds": {"count": 3, "deadline": 4.0},
    "uplink": {"codec": "topk"},
    "network": {"spread": 1.0},
    "faults": {"lost": 0.1, "duplicate": 0.3, "straggle": 0.2, "slowdown": 5.0},
    "run": {"baselines": False},
}
WAITING_FOR_NOBODY: dict[str, dict[str, object]] = TROUBLED | {
    "rounds": {"count": 5},
    "asynchronous": {"buffer": 2, "oldest": 1},
}


@pytest.mark.parametrize("tables", [SMALL, TROUBLED, WAITING_FOR_NOBODY], ids=["calm", "troubled", "asynchronous"])
def test_a_run_cut_between_any_two_writes_resumes_to_the_same_bytes(
    tmp_path: Path,
    config: Callable[..., Path],
    tables: dict[str, dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load(config(**tables))
    federate(settings, tmp_path / "whole")
    whole = files(tmp_path / "whole")
    write = container.write_bytes
    survived, cut = 0, True
    while cut:
        out, count, cut = tmp_path / f"cut{survived}", 0, False

        def mortal(path: Path, content: bytes) -> None:
            nonlocal count
            if count == survived:  # noqa: B023  # of this turn of the loop
                # What a killed process leaves: an unfinished temporary file.
                (path.parent / f".{path.name}.x1y2z3.part").write_bytes(content[: len(content) // 2])
                raise Killed
            count += 1
            write(path, content)

        with monkeypatch.context() as patch:
            patch.setattr(container, "write_bytes", mortal)
            try:
                federate(settings, out)
            except Killed:
                cut = True
        federate(settings, out, resume=True)
        assert files(out) == whole
        survived += 1
    assert survived > len(whole)


def test_a_federation_killed_at_random_moments_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    found = kill(FEDERATIONS["asynchronous"].replace("count = 100", "count = 6"), tmp_path, kills=2, seed=1)
    assert found.kills == 2 and found.same, found.differs


def test_resuming_a_finished_run_changes_nothing_and_trains_nothing(
    tmp_path: Path, config: Callable[..., Path], whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("nothing is left to train")

    monkeypatch.setattr(OnChip, "work", forbidden)
    result = federate(load(config(**SMALL)), tmp_path / "whole", resume=True)
    assert files(tmp_path / "whole") == whole and len(result.records) == 3


def test_another_number_of_workers_may_resume(
    tmp_path: Path, config: Callable[..., Path], whole: dict[str, bytes]
) -> None:
    (tmp_path / "whole" / "rounds" / "0003.h5").unlink()
    settings = load(config(**{**SMALL, "run": {"baselines": True, "workers": 3}}))
    federate(settings, tmp_path / "whole", resume=True)
    assert files(tmp_path / "whole") == whole


def test_resuming_another_run_says_what_differs(
    tmp_path: Path, config: Callable[..., Path], whole: dict[str, bytes], program: Program
) -> None:
    out = tmp_path / "whole"
    cases: list[tuple[dict[str, dict[str, object]], str]] = [
        ({"rounds": {"count": 4}}, r"another rounds\.count: 3 then, 4 now"),
        ({"run": {"seed": 8, "baselines": True}}, r"another run\.seed: 7 then, 8 now"),
        ({"devices": {"count": 3, "alpha": 0.4}}, r"another devices\.alpha: 0\.5 then, 0\.4 now"),
        ({"data": SMALL["data"] | {"test": "train.npz"}}, r"another data\.test: test\.npz then, train\.npz now"),
    ]
    for change, expected in cases:
        with pytest.raises(RunError, match=expected):
            federate(load(config(**{**SMALL, **change})), out, resume=True)
    path = config(**SMALL)
    archive.write(tmp_path / "train.npz", data.load("digits", "device", 16).take(slice(1, 151)))
    with pytest.raises(RunError, match="another training data"):
        federate(load(path), out, resume=True)
    archive.write(tmp_path / "train.npz", data.load("digits", "device", 16).take(slice(0, 150)))
    other = {"hidden->readout": program.weights()["hidden->readout"] + 2}
    program.with_weights(other).save(tmp_path / "digits.h5")
    with pytest.raises(RunError, match="another program"):
        federate(load(path), out, resume=True)
    assert files(out) == whole


def test_a_run_is_never_overwritten(tmp_path: Path, config: Callable[..., Path], whole: dict[str, bytes]) -> None:
    settings = load(config(**SMALL))
    with pytest.raises(RunError, match="is not empty; go on with its run by --resume"):
        federate(settings, tmp_path / "whole")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "config.toml").write_text("mine")
    with pytest.raises(RunError, match="not the config of this run"):
        federate(settings, tmp_path / "letters", resume=True)
    (tmp_path / "letters" / "config.toml").rename(tmp_path / "letters" / "love.txt")
    with pytest.raises(RunError, match=r"holds no run to resume, but 'love\.txt'"):
        federate(settings, tmp_path / "letters", resume=True)
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["love.txt"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="cannot use"):
        federate(settings, tmp_path / "file")
    assert files(tmp_path / "whole") == whole


def test_two_processes_cannot_write_one_run(tmp_path: Path, config: Callable[..., Path]) -> None:
    import fcntl

    out = tmp_path / "run"
    out.mkdir()
    descriptor = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(RunError, match="another process is working on"):
            federate(load(config(**SMALL)), out)
    finally:
        os.close(descriptor)
    assert not files(out)


def test_a_full_disk_is_one_sentence_and_the_run_goes_on_later(
    tmp_path: Path, config: Callable[..., Path], whole: dict[str, bytes]
) -> None:
    path, out = config(**SMALL), tmp_path / "full"
    limit = len(whole["rounds/0001.h5"]) - 1
    code = (
        "import resource, sys; from pathlib import Path; from lava_fed.config import load; "
        "from lava_fed.errors import RunError; from lava_fed.observer import Observer; "
        "from lava_fed.coordinator.rounds import federate\n"
        "class Full(Observer):\n"
        "    def round_done(self, record):\n"
        f"        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))\n"
        f"try: federate(load(Path({str(path)!r})), Path({str(out)!r}), observer=Full())\n"
        "except RunError as error: sys.exit(str(error))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("cannot write") and "go on with --resume" in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in (out / "rounds").iterdir()) == ["0001.h5"]
    federate(load(path), out, resume=True)
    assert files(out) == whole


def test_damage_in_a_run_is_found(
    tmp_path: Path, config: Callable[..., Path], whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, out = load(config(**SMALL)), tmp_path / "whole"

    def resume() -> None:
        federate(settings, out, resume=True)

    for name in ("rounds/0002.h5", "setup.h5", "program.h5", "baselines/pooled.h5"):
        flipped = bytearray(whole[name])
        flipped[len(flipped) // 2] ^= 4
        (out / name).write_bytes(flipped)
        with pytest.raises(ContainerError, match="checksum"):
            resume()
        (out / name).write_bytes(whole[name])
    (out / "rounds" / "0001.h5").unlink()
    with pytest.raises(RunError, match=r"round 1 is missing, though 0002\.h5 is there"):
        resume()
    (out / "rounds" / "0001.h5").write_bytes(whole["rounds/0002.h5"])
    with pytest.raises(RunError, match="holds round 2"):
        resume()
    (out / "rounds" / "0001.h5").write_bytes(whole["rounds/0001.h5"])
    (out / "baselines" / "device-0.h5").write_bytes(whole["baselines/device-1.h5"])
    with pytest.raises(RunError, match="belongs to another run"):
        resume()
    (out / "baselines" / "device-0.h5").write_bytes(whole["baselines/device-0.h5"])
    with monkeypatch.context() as patch:
        patch.setattr(
            Aggregator, "weights", lambda self, state: {n: a * 0 for n, a in state.shared.base().items()}
        )
        with pytest.raises(LavaFedError, match="makes other weights of round 3"):
            resume()
    (out / "config.toml").write_bytes(whole["config.toml"].replace(b"alpha = 0.5", b"alpha = 0.6"))
    with pytest.raises(RunError, match=r"config\.toml is not the config of this run"):
        resume()
    for name in ("config.toml", "program.h5"):
        (out / name).unlink()
    resume()
    assert files(out) == whole
