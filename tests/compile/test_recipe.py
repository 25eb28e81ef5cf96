"""Recipes are strict."""

from __future__ import annotations

from pathlib import Path

import pytest

import cli.demo
from compile.errors import RecipeError
from compile.slayer.recipe import Data, Mismatch, Model, Recipe, Training

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


HUGE = "0x1" + "0" * 5000
"""Python reads such an integer, but refuses to write it in decimal."""


def load(folder: Path, text: str) -> Recipe:
    path = folder / "recipe.toml"
    path.write_text(text)
    return Recipe.load(path)


def test_a_recipe_with_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, TEXT) == Recipe(
        Data("digits", "public", "test", 32),
        Model((64, 32), 1.25, 1.0, 0.03, weight_scale=1.0),
        Training(20, 32, 0.004, 1, true_rate=0.4, false_rate=0.03, hidden_rate=0.1, hidden_weight=0.0),
    )
    assert load(tmp_path, TEXT).training.gradient_width == 100
    assert load(tmp_path, TEXT + "gradient_width = 0.5").training.gradient_width == 0.5


def test_no_hidden_layer_is_a_model_too(tmp_path: Path) -> None:
    assert load(tmp_path, TEXT.replace("[64, 32]", "[]")).model.hidden == ()


def test_the_recipe_of_the_demo_is_valid() -> None:
    recipe = Recipe.load(Path(cli.demo.__path__[0]) / "digits.toml")
    assert (recipe.data.split, recipe.model.hidden) == ("public", (128,))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("epochs", "epoch", "training.epochs is missing; it must be an integer in 1..10000; is training.epoch a"),
        (
            "seed = 1",
            "seed = 1\nbatsh = 2",
            "'training.batsh' is not a key of a recipe; did you mean training.batch",
        ),
        (
            "seed = 1",
            "seed = 1\nzzz = 2",
            "'training.zzz' is not a key of a recipe; there are training.epochs,",
        ),
        ("[model]", "[extra]\n[model]", "'extra' is not a key of a recipe; there are data, model, training"),
        ("[model]", "[modell]", "model is missing; it must be a table, so write [model]; is modell a slip?"),
        ("seed = 1", "", "training.seed is missing"),
        ("steps = 32", "steps = 0", "data.steps is 0, it must be an integer in 1..4096"),
        ("steps = 32", "steps = 32.0", "data.steps is 32.0, it must be an integer"),
        ("steps = 32", "steps = true", "data.steps is True, it must be an integer"),
        ("[64, 32]", "[64, 0]", "model.hidden is [64, 0], it must be a list of at most 16 integers in 1..65536"),
        ("[64, 32]", '["64"]', "model.hidden is ['64'], it must be a list"),
        ("[64, 32]", "[true]", "model.hidden is [True], it must be a list"),
        ("[64, 32]", "64", "model.hidden is 64, it must be a list"),
        ("[64, 32]", "[" + "1," * 17 + "]", "model.hidden is [1, 1, 1"),
        ("threshold = 1.25", "threshold = 64", "model.threshold is 64, it must be a number in 0.015625..63.9844"),
        ("threshold = 1.25", "threshold = 0.01", "model.threshold is 0.01, it must be"),
        ("threshold = 1.25", "threshold = nan", "model.threshold is nan, it must be a number"),
        (
            "voltage_decay = 0.03",
            "voltage_decay = 1.01",
            "model.voltage_decay is 1.01, it must be a number",
        ),
        ("learning_rate = 0.004", "learning_rate = inf", "training.learning_rate is inf, it must be a number"),
        (
            "learning_rate = 0.004",
            "learning_rate = 0",
            "training.learning_rate is 0, it must be a number in 1e-08",
        ),
        ("seed = 1", "seed = 1\ngradient_width = 0", "training.gradient_width is 0, it must be a number in 0.01"),
        ("seed = 1", "seed = -1", "training.seed is -1, it must be an integer in 0..2147483647"),
        ('name = "digits"', "name = 3", "data.name is 3, it must be a text"),
        ('name = "digits"', 'name = ""', "data.name is '', it must be a text"),
        ("seed = 1", "seed = 1" + "0" * 400, "it must be an integer in 0..2147483647"),
        ("seed = 1", "seed = 1" + "0" * 5000, "not valid TOML"),
        ("seed = 1", "seed = " + HUGE, "training.seed is far too large, it must be an integer in"),
        ("[64, 32]", "[" + HUGE + "]", "model.hidden is far too large, it must be a list"),
        ("threshold = 1.25", "threshold = " + HUGE, "model.threshold is far too large, it must be a"),
        ("[data]", "[data", "not valid TOML"),
        ("[training]", "[training]\nepochs = 2", "not valid TOML"),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    with pytest.raises(RecipeError) as caught:
        load(tmp_path, TEXT.replace(old, new, 1))
    assert sentence in str(caught.value)
    assert "recipe.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_recipes(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot read the recipe .*none.toml: No such file"):
        Recipe.load(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match="the recipe .* is not a file"):
        Recipe.load(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="not UTF-8 text"):
        Recipe.load(tmp_path / "binary.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(RecipeError, match="over 1048576 bytes"):
        Recipe.load(tmp_path / "large.toml")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000)
    with pytest.raises(RecipeError, match="not valid TOML"):
        Recipe.load(tmp_path / "deep.toml")


def test_a_recipe_may_name_the_devices_that_it_is_for(tmp_path: Path) -> None:
    assert load(tmp_path, TEXT).mismatch is None
    assert load(tmp_path, TEXT + "[mismatch]\nprofile = 'mixed-signal'\n").mismatch == Mismatch(
        "mixed-signal", 1.0
    )
    own = load(tmp_path, TEXT + "[mismatch]\nprofile = 'mine.toml'\nseverity = 2\nafter = 9\n").mismatch
    assert own == Mismatch(str(tmp_path / "mine.toml"), 2.0, 9)
    with pytest.raises(RecipeError, match=r"mismatch\.profile is missing"):
        load(tmp_path, TEXT + "[mismatch]\n")
    with pytest.raises(RecipeError, match=r"mismatch\.after is 20, it must be an integer in 0\.\.19"):
        load(tmp_path, TEXT + "[mismatch]\nprofile = 'mixed-signal'\nafter = 20\n")
