from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.toml_table import SIZE_LIMIT
from lava_fed.config import FederationConfig, load, parse
from lava_fed.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
LEAST = """
[program]
path = "digits.h5"
[data]
name = "digits"
[devices]
count = 8
[rounds]
count = 10
"""


def load_text(folder: Path, text: str | bytes) -> FederationConfig:
    path = folder / "federation.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path)


def test_a_short_config_has_these_defaults(tmp_path: Path) -> None:
    config = load_text(tmp_path, LEAST)
    assert config.program_path == tmp_path / "digits.h5"
    assert config.settings() == {
        "aggregate.name": "fedavg",
        "data.name": "digits",
        "data.train": "device",
        "data.test": "test",
        "data.steps": 32,
        "devices.count": 8,
        "devices.partition": "dirichlet",
        "devices.alpha": 0.3,
        "devices.minimum": 10,
        "devices.backend": "emulator",
        "rounds.count": 10,
        "rounds.passes": 1,
        "run.seed": 1,
        "run.baselines": True,
    }
    assert config.run.workers == 2 and config.devices.names[-1] == "device-7"


def test_the_shipped_config_is_sound() -> None:
    config = load(ROOT / "cli" / "demo" / "federation.toml")
    assert config.program == "digits.h5" and config.data.name == "digits" and config.run.baselines


def test_archives_take_the_place_of_a_named_data_set(tmp_path: Path) -> None:
    text = LEAST.replace('name = "digits"', 'train = "a.npz"\ntest = "b.npz"')
    config = load_text(tmp_path, text)
    assert (config.data.name, config.data.train, config.data.test, config.data.steps) == ("", "a.npz", "b.npz", 0)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "count = 8",
            "count = 8\nalhpa = 0.3",
            r"'devices\.alhpa' is not a key .*; did you mean devices\.alpha\?",
        ),
        ("count = 8", "cuont = 8", r"devices\.count is missing; .*1\.\.10000; is devices\.cuont a slip\?"),
        (
            "count = 8",
            "count = 8\nxyz = 1",
            r"'devices\.xyz' is not a key .*; there are devices\.count, devices\.par",
        ),
        ("[rounds]", "[round]", r"rounds is missing; it must be a table, so write \[rounds\]; is round a slip\?"),
        (
            "[rounds]",
            "[extra]\n[rounds]",
            r"'extra' is not a key .*; there are program, data, devices, rounds, agg",
        ),
        ("count = 8", "count = 0", r"devices\.count is 0, it must be an integer in 1\.\.10000"),
        ("count = 8", "count = 10001", r"devices\.count is 10001"),
        ("count = 8", "count = 8.0", r"devices\.count is 8\.0, it must be an integer"),
        ("count = 8", "count = true", r"devices\.count is True, it must be an integer"),
        ("count = 8", 'count = "8"', r"devices\.count is '8', it must be an integer"),
        ("count = 8", "count = 8\nalpha = 0", r"devices\.alpha is 0, it must be a number in 0\.001\.\.1e\+06"),
        ("count = 8", "count = 8\nalpha = nan", r"devices\.alpha is nan"),
        ("count = 8", "count = 8\nalpha = inf", r"devices\.alpha is inf"),
        ("count = 8", "count = 8\nalpha = true", r"devices\.alpha is True"),
        (
            "count = 8",
            'count = 8\npartition = "dirichlett"',
            r"devices\.partition is 'dirichlett', .* one of 'dirichlet', 'iid'; did you mean 'dirichlet'\?",
        ),
        ("count = 8", 'count = 8\n[devices.backends]\ndevice-8 = "lava"', r"'devices\.backends\.device-8' is not"),
        ("count = 8", "count = 8\n[devices.backends]\ndevice-7 = 1", r"devices\.backends\.device-7 is 1"),
        ("count = 8", "count = 8\nbackends = 3", r"devices\.backends must be a table"),
        ('path = "digits.h5"', 'path = ""', r"program\.path is ''"),
        ('path = "digits.h5"', 'path = "a\\u0000b"', r"program\.path is 'a\\x00b'"),
        ('path = "digits.h5"', "", r"program\.path is missing"),
        ('name = "digits"', "", r"data\.train is missing"),
        ('name = "digits"', 'train = "a"\ntest = "b"\nsteps = 8', r"data\.steps belongs to a named data set"),
        ('name = "digits"', 'name = "digits"\nsteps = 65536', r"data\.steps is 65536"),
        ("count = 10", "count = 10\npasses = 0", r"rounds\.passes is 0"),
        (
            "count = 10",
            "count = 10\n[run]\nseed = -1",
            r"run\.seed is -1, it must be an integer in 0\.\.2147483647",
        ),
        ("count = 10", "count = 10\n[run]\nseed = 2147483648", r"run\.seed is 2147483648"),
        ("count = 10", "count = 10\n[run]\nbaselines = 1", r"run\.baselines is 1, it must be true or false"),
        ("count = 10", "count = 10\n[run]\nworkers = 0", r"run\.workers is 0"),
        ("count = 10", "count = 10\ncount = 11", "not valid TOML"),
        ("count = 10", "count = 1" + "0" * 5000, "not valid TOML"),
        ("count = 8", "count = 8\nalpha = 0x1" + "0" * 5000, r"devices\.alpha is far too large, it must be a"),
        ("count = 10", "count = 0x1" + "0" * 5000, r"rounds\.count is far too large, it must be an integer in"),
    ],
    ids=lambda text: text[:40],
)
def test_every_slip_is_a_sentence_that_names_the_key(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = LEAST.replace(old, new)
    assert text != LEAST
    with pytest.raises(ConfigError, match=problem) as caught:
        load_text(tmp_path, text)
    assert "federation.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_are_no_config(tmp_path: Path) -> None:
    for raw, problem in [
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100, "not valid TOML"),
        (b"a = " + b"[" * 20000, "not valid TOML"),
        (b"#" * (SIZE_LIMIT + 1), "over 1048576 bytes"),
    ]:
        with pytest.raises(ConfigError, match=problem):
            load_text(tmp_path, raw)
    with pytest.raises(ConfigError, match="cannot read the federation config .*No such file"):
        load(tmp_path / "nothing.toml")


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@given(
    st.integers(1, 30),
    st.floats(1e-3, 1e6),
    st.booleans(),
    st.integers(0, 2**31 - 1),
    names,
    st.dictionaries(st.integers(0, 29), names, max_size=3),
    st.sampled_from(["named", "archives"]),
)
def test_the_frozen_text_says_the_same(
    count: int, alpha: float, baselines: bool, seed: int, name: str, backends: dict[int, str], kind: str
) -> None:
    chosen = {f"device-{index}": backend for index, backend in backends.items() if index < count}
    document = {
        "program": {"path": "somewhere/else.h5"},
        "data": {"name": name} if kind == "named" else {"train": name, "test": name},
        "devices": {"count": count, "alpha": alpha, "backends": chosen},
        "rounds": {"count": 3},
        "run": {"seed": seed, "baselines": baselines, "workers": 7},
    }
    import tempfile

    config = parse(document, Path("anywhere"), "test")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(config.frozen_text(), encoding="utf-8")
        again = load(path)
    assert again.settings() == config.settings() and again.program == "program.h5"
    assert again.frozen_text() == config.frozen_text()
