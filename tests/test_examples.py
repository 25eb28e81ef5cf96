"""The examples run as they stand, and what the README shows is what they print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def run(name: str) -> list[str]:
    result = subprocess.run(
        [sys.executable, EXAMPLES / name], capture_output=True, text=True, check=False, cwd="/"
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout.splitlines()


def percentages(lines: list[str]) -> list[float]:
    return [float(found[1]) for line in lines if (found := re.search(r"([\d.]+)%", line))]


def test_run_a_network() -> None:
    assert run("run_a_network.py")[1:] == [
        "input     1  1  1  1  1  1  1  1  1  1",
        "adder.v   0  4  8  0  4  8  0  4  8  0",
        "adder     0  0  0  1  0  0  1  0  0  1",
        "follower  0  0  0  0  1  0  0  1  0  0",
        "synaptic operations: {'input->adder': 10, 'adder->follower': 3}",
    ]


def test_learn_on_chip() -> None:
    before, *after = percentages(run("learn_on_chip.py"))
    assert before <= 20
    assert after == sorted(after)
    assert after[-1] >= 88


def test_federate_digits() -> None:
    lines = run("federate_digits.py")
    assert lines == run("federate_digits.py")
    rounds = percentages(lines)
    assert len(rounds) == 4
    assert rounds[-1] >= max(rounds[0] + 5, 80)
    assert re.fullmatch(r"digest of the learned Program: [0-9a-f]{16}", lines[-1])


def test_there_are_three_and_each_is_tested() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == [
        "federate_digits.py",
        "learn_on_chip.py",
        "run_a_network.py",
    ]
