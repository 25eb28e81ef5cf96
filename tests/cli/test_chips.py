"""``lava-fed chips``."""

from __future__ import annotations

from hardware.chip.known import CHIPS, LOIHI2
from hardware.chip.quantity import QUANTITIES


def rows(said) -> dict[str, str]:
    return {line.split()[0]: line for line in said.out.splitlines() if line.startswith("  ") and line.split()}


def test_every_figure_of_every_chip_is_in_the_table(lava_fed):
    said = lava_fed("chips")
    assert (said.code, said.err) == (0, "")
    table = rows(said)
    assert set(QUANTITIES) <= set(table)
    assert table["neurons_per_core"].split()[:4] == ["neurons_per_core", "1,024", "8,192", "neurons"]
    assert table["axons_in_per_core"].split()[:4] == ["axons_in_per_core", "4,096", "not", "published"]
    assert table["rows"].split()[:4] == ["rows", "4", "4", "(estimate)"]
    assert table["graded_spikes"].split()[:3] == ["graded_spikes", "no", "yes"]
    for chip in CHIPS.values():
        assert set(chip.boards) <= set(table)
    assert "140,544" in table["hala-point"]


def test_one_chip_is_shown_with_evidence_and_source(lava_fed):
    said = lava_fed("chips", "loihi2")
    assert said.code == 0
    table = rows(said)
    assert "published" in table["neurons_per_core"] and "Intel" in table["neurons_per_core"]
    assert "estimate" in table["columns"]
    assert "unknown" in table["axons_in_per_core"]
    assert "kapoho-point" in table and "nahuku" not in table


def test_json_holds_the_same(lava_fed):
    (chip,) = lava_fed("chips", "loihi2", "--json").document["chips"]
    assert chip["name"] == "loihi2"
    for name, figure in LOIHI2.figures.items():
        assert chip["figures"][name] == {
            "value": figure.value,
            "unit": figure.unit,
            "evidence": figure.evidence.value,
            "source": figure.source,
        }
    hala = next(board for board in chip["boards"] if board["name"] == "hala-point")
    assert (hala["chips"], hala["cores_per_chip"], hala["arrangement"]) == (1152, 122, "estimate")
    assert [each["name"] for each in lava_fed("chips", "--json").document["chips"]] == list(CHIPS)


def test_a_chip_of_the_users_own_is_shown_without_boards(lava_fed, tmp_path):
    (tmp_path / "mine.toml").write_text('name = "mine"\nlike = "loihi1"\n')
    said = lava_fed("chips", "mine.toml")
    assert said.code == 0
    assert "Boards" not in said.out and said.out.startswith("mine (figures: ")


def test_a_chip_that_is_not_there(lava_fed):
    said = lava_fed("chips", "loihi4")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "Error: no chip is called 'loihi4'; known: loihi1, loihi2, or give a TOML file of your own\n"
    )
