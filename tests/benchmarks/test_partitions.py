"""The table of partitions."""

from __future__ import annotations

import numpy as np

from benchmarks.partitions import SETTINGS, measured


def test_a_row_tells_of_each_partition_what_its_devices_hold() -> None:
    rows = {row[0]: row[1:] for row in measured(np.repeat(np.arange(10, dtype=np.int32), 60), "labels").rows}
    assert list(rows) == [name for name, _ in SETTINGS]
    # two of ten classes, equally many of each: eight tenths would have to change, a class tells log2(5) bits
    assert rows["classes, 2"] == ("0.80", "2.32", "2.0", "0.00", "60 to 60", "100")
    assert rows["classes, 1"] == ("0.90", "3.32", "1.0", "0.00", "60 to 60", "100")
    assert rows["dominant, share 0.55"] == ("0.45", "0.90", "10.0", "0.00", "60 to 60", "100")
    alphas = [float(row[0]) for name, row in rows.items() if name.startswith("dirichlet")]
    assert alphas == sorted(alphas) and alphas[-1] > 0.6
