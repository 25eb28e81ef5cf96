from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from benchmarks.federated_mnist import RECIPES, document, learn, main
from benchmarks.federated_mnist_results import BEGIN, END, Run, table, write_page
from benchmarks.kept import keep, read
from hardware.errors import LavaFedError
from lava_fed.config.reader import parse


def a_run(part: str, seed: int, last: float) -> Run:
    return Run(
        data="mnist",
        network="784-128-10",
        part=part,
        seed=seed,
        rounds=50,
        samples=1000,
        halve_at=[10, 25],
        judged=[25, 50],
        accuracy=[0.9, last],
        bits_up=80_000_000,
        bits_broadcast=10_000_000,
        joules={
            "compute": {"value": 1.0, "low": 0.1, "high": 2.0},
            "learning": {"value": 2.0, "low": 0, "high": 4},
        },
        seconds=60.0,
    )


def images(folder: Path, count: int) -> None:
    """Write a folder of the MNIST family: class k is a bright square in column k."""
    folder.mkdir()
    for name, number in (("train", count), ("t10k", 20)):
        labels = (np.arange(number) % 10).astype(np.uint8)
        pixels = np.zeros((number, 28, 28), np.uint8)
        for k in range(10):
            pixels[labels == k, 10:20, 2 * k : 2 * k + 4] = 255
        for kind, array in (("images-idx3", pixels), ("labels-idx1", labels)):
            head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
            (folder / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(head + array.tobytes()))


def test_results_come_back_and_fill_the_page_between_its_marks(tmp_path: Path) -> None:
    keep([a_run("0.5", 1, 0.97), a_run("0.5", 2, 0.98)], tmp_path / "a.json")
    keep([a_run("one device", 1, 0.985)], tmp_path / "b.json")
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    assert read(files)[0] == [a_run("0.5", 1, 0.97), a_run("0.5", 2, 0.98), a_run("one device", 1, 0.985)]
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(files, page)
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n") and text.endswith(f"{END}\nafter\n") and "old" not in text
    row = "| mnist, 784-128-10 | Dirichlet 0.5 | 2 | 90.0 97.0 | 97.50 ± 0.71 | -1.00 | 80.0 | 90.0 | 3.0 |"
    assert row in text


def test_networks_of_the_same_data_are_rows_of_their_own() -> None:
    deep = a_run("0.5", 1, 0.95)
    deep["network"] = "784-32-16-10"
    found = table([a_run("0.5", 1, 0.97), deep, a_run("one device", 1, 0.98)])
    assert [(row[0], row[4], row[5]) for row in found.rows] == [
        ("mnist, 784-128-10", "97.00", "-1.00"),
        ("mnist, 784-32-16-10", "95.00", "-"),
        ("mnist, 784-128-10", "98.00", "+0.00"),
    ]
    assert len(found.notes) == 2


def test_what_holds_no_results_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(LavaFedError, match="cannot be read as results"):
        read([tmp_path / "bad.json"])
    assert main(["--page", str(tmp_path / "bad.json")]) == 2
    assert "cannot be read as results" in " ".join(capsys.readouterr().err.split())


def test_every_recipe_is_a_sound_config(tmp_path: Path) -> None:
    for recipe in RECIPES:
        for part in recipe.parts:
            config = parse(document(recipe, part, 1, tmp_path), tmp_path, "a recipe")
            assert config.devices.count * config.rounds.samples == 10 * recipe.samples
            assert config.rounds.count == recipe.rounds and not config.run.baselines


def test_a_short_federation_of_a_recipe_runs_and_counts_its_bits(tmp_path: Path) -> None:
    images(tmp_path / "mnist", 400)
    short = RECIPES[0].__class__("mnist", "784-8-10", {}, 2, 20, (2,), ("iid",), 0.5)
    run = learn(short, "iid", 1, tmp_path, lambda _: None)
    assert run["judged"] == [1, 2] and all(0 <= each <= 1 for each in run["accuracy"])
    assert run["bits_up"] > 0 and 0 < run["bits_broadcast"] < run["bits_up"]
