from __future__ import annotations

import json
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
        "program.share": "learning",
        "data.name": "digits",
        "data.train": "device",
        "data.test": "test",
        "data.steps": 32,
        "data.limit": 0,
        "devices.count": 8,
        "devices.partition": "dirichlet",
        "devices.alpha": 0.3,
        "devices.classes": 2,
        "devices.share": 0.55,
        "devices.minimum": 10,
        "devices.backend": "emulator",
        "devices.mismatch.profile": "",
        "devices.mismatch.severity": 1.0,
        "devices.skew.transform": "",
        "devices.skew.amount": 0.0,
        "rounds.count": 10,
        "rounds.passes": 1,
        "rounds.samples": 0,
        "rounds.halve_at": [],
        "rounds.select": "all",
        "rounds.fraction": 1.0,
        "rounds.deadline": 0.0,
        "rounds.quorum": 1,
        "work.method": "on_chip",
        "work.proximal": 0.0,
        "work.ewc": 0.0,
        "work.replay": 0,
        "work.joules": 0.0,
        "work.seconds": 0.0,
        "aggregate.name": "fedavg",
        "aggregate.server": "plain",
        "aggregate.rate": 1.0,
        "aggregate.clip": 0.0,
        "aggregate.edges": 0,
        "asynchronous.buffer": 0,
        "asynchronous.staleness": 0.5,
        "asynchronous.oldest": 20,
        "uplink.codec": "exact",
        "uplink.feedback": True,
        "downlink.changes": True,
        "network.latency": 0.05,
        "network.spread": 0.0,
        "network.bandwidth": 1e6,
        "network.speed_spread": 0.0,
        "network.radio": "wifi",
        "faults.lost": 0.0,
        "faults.dropout": 0.0,
        "faults.duplicate": 0.0,
        "faults.straggle": 0.0,
        "faults.slowdown": 10.0,
        "attack.kind": "",
        "attack.devices": 0,
        "attack.strength": 0.0,
        "tasks.split": [],
        "tasks.rounds_each": 0,
        "tasks.shuffled": False,
        "judge.every": 1,
        "judge.devices": True,
        "run.seed": 1,
        "run.baselines": True,
    }
    assert config.run.workers == 2 and config.devices.names[-1] == "device-7"


def test_the_shipped_config_is_sound() -> None:
    config = load(ROOT / "cli" / "demo" / "federation.toml")
    assert config.program.path == "digits.h5" and config.data.name == "digits" and config.run.baselines


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
            r"'devices\.xyz' is not a key .*; there are devices\.partition, devices\.cou",
        ),
        ("[rounds]", "[round]", r"rounds is missing; it must be a table, so write \[rounds\]; is round a slip\?"),
        (
            "[rounds]",
            "[extra]\n[rounds]",
            r"'extra' is not a key .*; there are program, data, devices, rounds, work, agg",
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
            r"devices\.partition is 'dirichlett', .* one of 'iid', 'dirichlet', .*; did you mean 'dirichlet'\?",
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
        ("count = 8", 'partition = "natural"\ncount = 8', r"devices\.count belongs to the other partitions"),
        ("count = 8", "count = 8\n[devices.steps]\ndevice-8 = 4", r"'devices\.steps\.device-8' is not a key"),
        ("count = 8", "count = 8\n[devices.mismatch]\nseverity = 2", r"devices\.mismatch\.profile is missing"),
        ("count = 8", "count = 8\n[devices.skew]\namount = 2", r"devices\.skew\.transform is missing"),
        (
            'path = "digits.h5"',
            'path = "a"\nshare = []',
            r"program\.share is \[\], it must be a list of 1\.\.1024",
        ),
        ('path = "digits.h5"', 'path = "a"\nshare = ["x", "x"]', r"program\.share .*different texts"),
        ('path = "digits.h5"', 'path = "a"\nshare = "most"', r"program\.share is 'most'.*'learning', 'all'"),
        ("count = 10", "count = 10\nhalve_at = [3, 2]", r"rounds\.halve_at is \[3, 2\], its rounds must ascend"),
        ("count = 10", "count = 10\nhalve_at = [11]", r"rounds\.halve_at has round 11, but rounds\.count is 10"),
        ("count = 10", "count = 10\nfraction = 0.5", r"rounds\.fraction is 0\.5, but rounds\.select is 'all'"),
        ("count = 10", "count = 10\nquorum = 9", r"rounds\.quorum is 9, .* at most the number of devices, 8"),
        (
            "count = 10",
            "count = 10\ndeadline = 3\n[asynchronous]\nbuffer = 2",
            r"rounds\.deadline is 3, but asynchronous\.buffer is 2 and nobody waits",
        ),
        (
            "count = 10",
            'count = 10\n[attack]\nkind = "alie"\ndevices = 8',
            r"attack\.devices is 8, it must be below",
        ),
        ("count = 8", "count = 8\nclasses = 3", r"devices\.classes is given, but devices\.partition is missing"),
        ("count = 8", "count = 8\nshare = 0.7", r"devices\.share is given, but .* set it to 'dominant'"),
        (
            "count = 10",
            'count = 10\n[devices.skew]\ntransform = "rotation"',
            r"devices\.skew\.amount is missing; say how far",
        ),
        (
            "count = 10",
            "count = 10\nsamples = 20\npasses = 2",
            r"rounds\.samples is 20 and rounds\.passes is 2, but",
        ),
        ("count = 10", 'count = 10\nselect = "loss"', r"select is 'loss', but rounds\.fraction is missing"),
        (
            "count = 10",
            "count = 10\nquorum = 2\n[asynchronous]\nbuffer = 2",
            r"rounds\.quorum is 2, but asynchronous\.buffer is 2",
        ),
        (
            "count = 10",
            "count = 10\n[asynchronous]\nbuffer = 9",
            r"buffer is 9, but only 8 of 8 devices work at a time",
        ),
        (
            "count = 10",
            'count = 10\nselect = "random"\nfraction = 0.5\n[asynchronous]\nbuffer = 5',
            r"buffer is 5, but only 4 of 8 devices",
        ),
        (
            "count = 10",
            "count = 10\n[asynchronous]\nstaleness = 1",
            r"staleness is given, but asynchronous\.buffer is",
        ),
        (
            "count = 10",
            "count = 10\n[faults]\nslowdown = 3",
            r"slowdown is given, but faults\.straggle is missing",
        ),
        (
            "count = 10",
            'count = 10\n[attack]\nkind = "label_flip"\ndevices = 1\nstrength = 2',
            r"attack\.strength is 2, but a label is either flipped or not",
        ),
        ("count = 10", 'count = 10\n[attack]\nkind = "alie"', r"attack\.devices is 0; say how many"),
        ("count = 10", "count = 10\n[attack]\ndevices = 2", r"attack\.kind is missing; it must be one of 'sign_f"),
        (
            "count = 10",
            'count = 10\n[aggregate]\nclip = "mean"',
            r"aggregate\.clip is 'mean', it must be one of 'median'",
        ),
        ("count = 10", "count = 10\n[aggregate]\nclip = -1", r"aggregate\.clip is -1, it must be a number in 0"),
        ("count = 10", "count = 10\n[aggregate]\nedges = 9", r"aggregate\.edges is 9"),
        (
            "count = 10",
            "count = 10\n[aggregate.layers]\n'a->b' = 1",
            r"aggregate\.layers\.a->b is 1, it must be a text",
        ),
        ("count = 10", 'count = 10\n[aggregate.layers]\n"a\\n" = "krum"', r"aggregate\.layers has the key 'a\\n'"),
        (
            "count = 10",
            "count = 10\n[work.options]\nx = nan",
            r"work\.options\.x is nan, it must be a finite number",
        ),
        ("count = 10", "count = 10\n[work.options]\nx = [1, 'a']", r"work\.options\.x is \[1, 'a'\]"),
        ("count = 10", "count = 10\n[work.options.deeper]\nx = 1", r"work\.options\.deeper is \{'x': 1\}"),
        (
            "count = 10",
            "count = 4\n[tasks]\nsplit = [[0], [1]]\nrounds_each = 2",
            r"run\.baselines trains on all classes at once.*set run\.baselines = false",
        ),
        (
            "count = 10",
            "count = 5\n[run]\nbaselines = false\n[tasks]\nsplit = [[0], [1]]\nrounds_each = 2",
            r"rounds\.count is 5, but 2 tasks of 2 rounds are 4; set rounds\.count = 4",
        ),
        (
            "count = 10",
            "count = 10\n[tasks]\nsplit = [[0], [0]]\nrounds_each = 5",
            r"tasks\.split .*no class twice",
        ),
        (
            "count = 10",
            "count = 10\n[tasks]\nsplit = [0, 1]\nrounds_each = 5",
            r"tasks\.split is \[0, 1\], it must be",
        ),
        (
            "count = 10",
            "count = 10\n[tasks]\nrounds_each = 5",
            r"tasks\.rounds_each is given, but tasks\.split is",
        ),
        ("count = 10", "count = 10\n[tasks]\nshuffled = true", r"tasks\.shuffled is given, but tasks\.split"),
        ("count = 10", "count = 10\n[work]\newc = 0.5", r"work\.ewc is 0\.5, but there is only one task"),
        ("count = 10", "count = 10\n[work]\nreplay = 9000", r"work\.replay is 9000, but there is only one task"),
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


EVERYTHING = """
[program]
path = "digits.h5"
share = ["a->b", "b->c"]
[data]
name = "uci_har"
folder = "somewhere/\\u00e4"
steps = 12
[devices]
partition = "natural"
[devices.backends]
subject-07 = "lava"
[devices.steps]
subject-07 = 8
[devices.mismatch]
profile = "defects"
[devices.skew]
transform = "rotate"
amount = 20
[rounds]
count = 4
halve_at = [2, 3]
select = "loss"
fraction = 0.5
[work.options]
hidden = [1, 2]
rate = 0.5
name = "x"
flag = true
[aggregate.options]
k = 3
[aggregate.layers]
"a->b" = "median"
[attack]
kind = "minmax"
devices = 1
[tasks]
split = [[0, 1], [2]]
rounds_each = 2
shuffled = true
[run]
baselines = false
"""


def test_the_frozen_text_of_a_config_with_every_table_says_the_same(tmp_path: Path) -> None:
    config = load_text(tmp_path, EVERYTHING)
    settings = config.settings()
    assert settings == json.loads(json.dumps(settings))
    assert settings["aggregate.layers.a->b"] == "median" and settings["work.options.hidden"] == [1, 2]
    assert settings["devices.count"] == 0 and settings["judge.devices"] is False and config.devices.names == ()
    again = load_text(tmp_path, config.frozen_text())
    assert again.settings() == settings and again.frozen_text() == config.frozen_text()


def test_many_devices_are_judged_together_unless_asked(tmp_path: Path) -> None:
    assert not load_text(tmp_path, LEAST.replace("count = 8", "count = 21")).judge.devices
    many = LEAST.replace("count = 8", "count = 21") + "[judge]\ndevices = true\n"
    assert load_text(tmp_path, many).judge.devices


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
    assert again.settings() == config.settings() and again.program.path == "program.h5"
    assert again.frozen_text() == config.frozen_text()
