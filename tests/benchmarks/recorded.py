"""Results made by hand, with round numbers."""

from __future__ import annotations

from benchmarks.results import FORMAT, Adds, Bandwidth, Ceiling, Cell, Measured, Results, Series, Standing


def standing(name: str, cells: list[Cell], *, reason: str = "", spikes: dict[str, int] | None = None) -> Standing:
    return Standing(
        name=name,
        version="1.0",
        same="the same integers",
        reason=reason,
        start_up=0.5,
        cells=cells,
        spikes=spikes or {},
        equal=[],
        differ=[],
    )


def cell(batch: int, rate: float, ratios: list[float]) -> Cell:
    return Cell(batch=batch, threads=2, rate=rate, ratios=ratios, memory=100_000_000)


def results() -> Results:
    ours = standing("lava-fed", [cell(1, 1e5, [1.0]), cell(64, 1e6, [1.0])], spikes={"hidden": 30, "out": 5})
    lava = standing(
        "Lava", [cell(1, 500, [190, 200, 260]), cell(64, 500, [2000])], spikes={"hidden": 30, "out": 5}
    )
    lava["equal"] = ["hidden", "out"]
    wrong = standing("Other", [cell(1, 1e4, [10.0])], spikes={"hidden": 31, "out": 0})
    wrong["equal"], wrong["differ"] = ["hidden"], ["out"]
    absent = standing("Absent", [], reason="absent is not installed; make peers")
    network = Measured(
        name="tiny",
        input="random | spikes",
        steps=32,
        synapses=4736,
        operations=1000.0,
        spikes_of=2,
        standings=[ours, lava, wrong, absent],
    )
    ceiling = Ceiling(
        hertz=2e9,
        adds=[
            Adds(bits=16, threads=1, registers=1.28e11, cache=5e10),
            Adds(bits=32, threads=1, registers=6.4e10, cache=2e10),
        ],
        bandwidth=[Bandwidth(level="L2", bytes=1 << 19, threads=1, read=1e11, copy=3e10)],
        derivation="One addition a synapse.",
    )
    return Results(
        format=FORMAT,
        machine={"processor": "a chip"},
        settings={"rounds": "3"},
        networks=[network],
        ceiling=ceiling,
        growth=[
            Series(
                name="batch",
                of="time",
                unit="s",
                note="samples",
                sizes=[1, 10, 100],
                values=[0.1, 1, 10],
                exponent=1.0,
                reason="",
            ),
            Series(
                name="batch",
                of="memory",
                unit="bytes",
                note="samples",
                sizes=[1, 10, 100],
                values=[1, 20, 400],
                exponent=1.3,
                reason="",
            ),
        ],
    )
