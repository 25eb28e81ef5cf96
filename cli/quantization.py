"""The options of ``lava-fed compile`` that say how real numbers become integers, and what they did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cli.output import Output
    from compile.graph import Graph
    from compile.quantize.accuracy_by_bits import WidthRow
    from compile.quantize.post_training import QuantizationReport
    from compile.quantize.scheme import Scheme
    from hardware.network import Network
    from lava_fed.data.dataset import DataSet

ANY_SIGN = "auto"


@dataclass
class Rounding:
    """Rounds a float model as the options ask, and remembers what it did.

    Attributes
    ----------
    scheme : Scheme
        Options; its bits are those of the Program once it has run.
    widths : tuple of int
        Weight bits to try; with several, the fewest that reach the best accuracy are taken.
    calibrate : Path or None
        Calibration data.
    steps : int or None
        For how many to show samples without an axis of steps.
    report : QuantizationReport or None
        What was done.
    rows : tuple of WidthRow
        Accuracy by bits, where several were asked for.
    """

    scheme: Scheme
    widths: tuple[int, ...]
    calibrate: Path | None = None
    steps: int | None = None
    report: QuantizationReport | None = None
    rows: tuple[WidthRow, ...] = field(default=())

    def __call__(self, graph: Graph) -> tuple[Network, Mapping[str, str]]:
        """Quantize a graph, as the pipeline asks for it."""
        import dataclasses

        from compile.quantize import accuracy_by_bits, quantize_post_training

        data = self._data(graph)
        bits = self.widths[0]
        if len(self.widths) > 1 and data is not None:
            self.rows = accuracy_by_bits(graph, data.x, data.labels, self.scheme, self.widths)
            best = max(row.accuracy for row in self.rows)
            bits = min(row.bits for row in self.rows if row.accuracy == best)
        self.scheme = dataclasses.replace(self.scheme, bits=bits)
        samples = None if data is None else data.x
        network, self.report = quantize_post_training(graph, samples, self.scheme)
        words = {"quantization": self.scheme.words}
        if data is not None:
            words["calibration"] = f"{data.title} {data.digest}"
        return network, words

    def _data(self, graph: Graph) -> DataSet | None:
        from cli.program_files import image_shape
        from hardware.errors import LavaFedError
        from lava_fed.data import archive

        if self.calibrate is None:
            return None
        source = graph.source
        shape = image_shape(source.shape)
        data = archive.read(self.calibrate, encoder=source.encoder, steps=self.steps, shape=shape)
        if data.x.units != source.units:
            raise LavaFedError(
                f"{self.calibrate} has {data.x.units} units, the model reads {source.units}; calibrate with "
                "its own input"
            )
        if len(self.widths) > 1 and data.y is None:
            raise LavaFedError(
                f"{self.calibrate} has no labels, so there is no accuracy to compare; ask for one width, such as "
                "--bits 8"
            )
        return data


def rounding(
    bits: str | None,
    calibrate: Path | None,
    steps: int | None,
    method: str | None,
    percentile: float | None,
    per: str | None,
    sign: str | None,
) -> Rounding | None:
    """Read the options.

    Returns
    -------
    Rounding or None
        ``None`` where the model is to be kept exactly.

    Raises
    ------
    LavaFedError
        Where an option has no such value, or is given without the one it belongs to.
    """
    from compile.quantize import Method, Per, Scheme
    from hardware.errors import LavaFedError
    from hardware.synapses.grid import SignMode

    if steps is not None and calibrate is None:
        raise LavaFedError("--steps tells how to show the calibration data, which needs --calibrate DATA.npz")
    given = {
        "--method": method,
        "--percentile": percentile,
        "--per": per,
        "--sign": sign,
    }
    if bits is None:
        if lonely := [name for name, value in given.items() if value is not None]:
            raise LavaFedError(f"{', '.join(lonely)} tells how to round, which needs a width; add --bits 8")
        return None
    widths = parse_widths(bits)
    if len(widths) > 1 and calibrate is None:
        raise LavaFedError(f"--bits {bits} compares widths by accuracy, which needs --calibrate DATA.npz")
    if percentile is not None and method != Method.PERCENTILE.value:
        raise LavaFedError("--percentile belongs to --method percentile; add it")
    scheme = Scheme(
        bits=widths[0],
        per=Per(_one_of("--per", per or Per.CHANNEL.value, [each.value for each in Per])),
        method=Method(_one_of("--method", method or Method.MAX.value, [each.value for each in Method])),
        percentile=99.9 if percentile is None else percentile,
        sign=None
        if sign == ANY_SIGN
        else SignMode(_one_of("--sign", sign or "mixed", [*(each.value for each in SignMode), ANY_SIGN])),
    )
    return Rounding(scheme, widths, calibrate, steps)


def parse_widths(text: str) -> tuple[int, ...]:
    """Read weight bits such as ``8``, ``1-8`` or ``8,6,4``; several come back from many to few.

    Raises
    ------
    LavaFedError
        Where it is none of these, or a width lies outside 1..8.

    Examples
    --------
    >>> parse_widths("8"), parse_widths("2-4,8")
    ((8,), (8, 4, 3, 2))
    """
    from hardware.chip.widths import WEIGHT_BITS
    from hardware.errors import LavaFedError

    widths: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"([0-9])(?:-([0-9]))?", part.strip())
        first, last = (0, 0) if found is None else (int(found[1]), int(found[2] or found[1]))
        if not 1 <= first <= last <= WEIGHT_BITS:
            raise LavaFedError(
                f"--bits {text!r} is not a width 1..{WEIGHT_BITS}, a range such as 1-8, or a list such as 8,6,4"
            )
        widths |= set(range(first, last + 1))
    return tuple(sorted(widths, reverse=True))


def show(rounding: Rounding, output: Output) -> None:
    """Print what was done to each layer, and accuracy by bits where several widths were tried."""
    if rounding.report is None:
        return
    output.table(
        f"Rounded to {rounding.scheme.words}",
        ("layer", "factors", "exponent", "error of the weights", *_COUNTS.values()),
        [
            (
                row.name,
                f"{row.lowest:.4g}" + (f"..{row.highest:.4g}" if row.highest > row.lowest else ""),
                ", ".join(map(str, row.exponents)) or "-",
                f"{100 * row.relative:.2f} %",
                *(f"{count:,}" for count in row.counts.as_json().values()),
            )
            for row in rounding.report.layers
        ],
        numeric="lrrrrrrr",
    )
    if not rounding.calibrate:
        output.line("Without --calibrate no state was checked; only weights and parameters were counted.")
    if rounding.rows:
        output.table(
            f"Accuracy by bits on {rounding.calibrate}",
            ("bits", "accuracy", "squared error", *_COUNTS.values()),
            [
                (
                    f"{row.bits}" + (" *" if row.bits == rounding.scheme.bits else ""),
                    f"{100 * row.accuracy:.2f} %",
                    f"{row.error:.2e}",
                    *(f"{count:,}" for count in row.counts.as_json().values()),
                )
                for row in rounding.rows
            ],
            numeric="rrrrrrr",
        )
        output.line("* the fewest bits that reach the best accuracy; the Program has these.")


def document(rounding: Rounding | None) -> dict[str, Any]:
    """Return the same as JSON values; empty where the model was kept exactly."""
    if rounding is None or rounding.report is None:
        return {}
    said: dict[str, Any] = {"quantization": rounding.report.as_json()}
    if rounding.rows:
        said["accuracy_by_bits"] = [row.as_json() for row in rounding.rows]
    return said


_COUNTS = {
    "weights": "clipped weights",
    "parameters": "clipped parameters",
    "currents": "wrapped currents",
    "voltages": "cut voltages",
}


def _one_of(option: str, value: str, known: list[str]) -> str:
    from hardware.errors import LavaFedError

    if value not in known:
        raise LavaFedError(f"{option} {value!r} is not one of {', '.join(known)}")
    return value
