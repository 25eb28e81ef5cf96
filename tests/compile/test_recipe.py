"""Recipes are strict."""

from __future__ import annotations

from pathlib import Path

import pytest

import cli.demo
from compile.errors import RecipeError
from compile.slayer.recipe import Data, Model, Recipe, Training

TEXT = """
[data]
name = "digits"
split = "public"
test = "test"
steps = 32
[model]
hidden = [64, 32]
threshold = 1.25
current_decay = 1
voltage_decay = 0.03
[training]
epochs = 20
batch = 32
learning_rate = 0.004
seed = 1
"""


def test_a_recipe_with_defaults() -> None:
    assert Recipe.parse(TEXT) == Recipe(
        Data("digits", "public", "test", 32),
        Model((64, 32), 1.25, 1.0, 0.03, weight_scale=1.0),
        Training(20, 32, 0.004, 1, true_rate=0.4, false_rate=0.03, hidden_rate=0.1, hidden_weight=0.0),
    )


def test_no_hidden_layer_is_a_model_too() -> None:
    assert Recipe.parse(TEXT.replace("[64, 32]", "[]")).model.hidden == ()


def test_the_recipe_of_the_demo_is_valid() -> None:
    recipe = Recipe.load(Path(cli.demo.__path__[0]) / "digits.toml")
    assert (recipe.data.split, recipe.model.hidden) == ("public", (128,))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("epochs", "epoch", "unknown key 'training.epoch'; did you mean 'training.epochs'?"),
        ("seed = 1", "seed = 1\nzzz = 2", "unknown key 'training.zzz'; known are batch, epochs"),
        ("[model]", "[network]", "unknown key 'network'; known are data, model, training"),
        ("[model]", "[modell]", "unknown key 'modell'; did you mean 'model'?"),
        ("seed = 1", "", "key 'training.seed' is missing"),
        ("steps = 32", "steps = 0", "data.steps 0 must lie in 1..4096"),
        ("steps = 32", "steps = 32.0", "data.steps must be an integer, found 32.0"),
        ("steps = 32", "steps = true", "data.steps must be an integer, found True"),
        ("[64, 32]", "[64, 0]", "model.hidden 0 must lie in 1..65536"),
        ("[64, 32]", '["64"]', "model.hidden must be a list of integers"),
        ("[64, 32]", "64", "model.hidden must be a list of integers, found 64"),
        ("[64, 32]", "[" + "1," * 17 + "]", "model.hidden has 17 layers, expected at most 16"),
        ("threshold = 1.25", "threshold = 64", "model.threshold 64 must lie in"),
        ("threshold = 1.25", "threshold = 0.01", "model.threshold 0.01 must lie in"),
        ("threshold = 1.25", "threshold = nan", "model.threshold must be a number, found nan"),
        ("voltage_decay = 0.03", "voltage_decay = 1.01", "model.voltage_decay 1.01 must lie in 0..1"),
        ("learning_rate = 0.004", "learning_rate = inf", "training.learning_rate must be a number, found inf"),
        ("learning_rate = 0.004", "learning_rate = 0", "training.learning_rate 0.0 must lie in 1e-08..1"),
        ("seed = 1", "seed = -1", "training.seed -1 must lie in 0..2147483647"),
        ('name = "digits"', "name = 3", "data.name must be a text, found 3"),
        ('name = "digits"', 'name = ""', "data.name must not be empty"),
        ("seed = 1", "seed = 1" + "0" * 400, "must lie in 0..2147483647"),
        ("seed = 1", "seed = 1" + "0" * 5000, "not valid TOML"),
        ("[data]", "[data", "not valid TOML"),
        ("[training]", "[training]\nepochs = 2", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    with pytest.raises(RecipeError) as caught:
        Recipe.parse(TEXT.replace(old, new, 1))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_recipes(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot read .*none.toml: No such file"):
        Recipe.load(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match="cannot read .*Is a directory"):
        Recipe.load(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="not a text in UTF-8"):
        Recipe.load(tmp_path / "binary.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(RecipeError, match="larger than 1048576 bytes"):
        Recipe.load(tmp_path / "large.toml")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000)
    with pytest.raises(RecipeError, match="not valid TOML"):
        Recipe.load(tmp_path / "deep.toml")
    (tmp_path / "typo.toml").write_text(TEXT.replace("epochs", "epoch"))
    with pytest.raises(RecipeError, match="typo.toml: unknown key"):
        Recipe.load(tmp_path / "typo.toml")
