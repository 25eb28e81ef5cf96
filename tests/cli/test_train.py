"""``lava-fed train``."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RECIPE = """
[data]
name = "digits"
split = "public"
test = "test"
steps = 8
[model]
hidden = [8]
threshold = 1.25
current_decay = 1.0
voltage_decay = 0.03
[training]
epochs = {epochs}
batch = 64
learning_rate = 0.01
seed = 1
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(epochs=2))
    return path


@pytest.mark.slayer
def test_training_writes_a_model_that_compiles_and_the_same_bytes_again(lava_fed, recipe, tmp_path):
    said = lava_fed("train", "recipe.toml", "-o", "a.net", "--json")
    assert said.code == 0, said.err
    assert said.document["sha256"] == hashlib.sha256((tmp_path / "a.net").read_bytes()).hexdigest()
    assert [record["epoch"] for record in said.document["history"]] == [1, 2]
    assert "Training: 100 %, epoch 2 of 2, loss" in said.err
    told = lava_fed("train", "recipe.toml", "-o", "b.net")
    assert told.code == 0
    assert (tmp_path / "a.net").read_bytes() == (tmp_path / "b.net").read_bytes()
    assert told.out.splitlines()[0] == "trained on     handwritten digits, public split, 300 samples, 2 epochs"
    assert told.out.splitlines()[-1] == "Wrote b.net."
    assert lava_fed("inspect", "a.net", "--json").document["layers"][0]["units"] == 8


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "epochs",
            "epoch",
            "training.epochs is missing; it must be an integer in 1..10000; is training.epoch a slip?",
        ),
        ("epochs = 2", "epochs = 0", "training.epochs is 0, it must be an integer in 1..10000"),
        ("seed = 1", "", "training.seed is missing"),
        ('"digits"', '"mnist"', "no data set is called 'mnist'"),
        ("[model]", "[model", "not valid TOML"),
    ],
)
def test_a_wrong_recipe_is_one_sentence(lava_fed, recipe, tmp_path, old, new, sentence):
    recipe.write_text(recipe.read_text().replace(old, new, 1))
    said = lava_fed("train", "recipe.toml", "-o", "x.net")
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]
    assert not (tmp_path / "x.net").exists()


def test_a_missing_recipe_and_a_missing_folder(lava_fed, recipe):
    said = lava_fed("train", "nowhere.toml", "-o", "x.net")
    assert (said.code, said.err) == (2, "Error: cannot read the recipe nowhere.toml: No such file or directory\n")
    said = lava_fed("train", "recipe.toml", "-o", "no/x.net")
    assert (said.code, said.err) == (2, "Error: cannot write no/x.net: there is no folder no\n")
    assert recipe.exists()


@pytest.mark.slayer
def test_ctrl_c_writes_nothing_and_says_how_to_start_again(recipe, tmp_path):
    recipe.write_text(RECIPE.format(epochs=5000))
    words = [sys.executable, "-W", "ignore", "-m", "cli", "train", "recipe.toml", "-o", "x.net"]
    with (tmp_path / "err").open("w") as err:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=err, cwd=tmp_path, text=True)
        deadline = time.monotonic() + 90
        while "loss" not in (tmp_path / "err").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    last = (tmp_path / "err").read_text().splitlines()[-1]
    assert last == "Stopped. Nothing was written; start again with: lava-fed train recipe.toml -o x.net"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["err", "recipe.toml"]
