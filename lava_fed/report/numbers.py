"""How numbers are written for people, on the page and in the terminal alike."""

from __future__ import annotations

import math

_SIZES = ("B", "kB", "MB", "GB", "TB")
_COUNTS = ("", " k", " M", " G", " T")
_PREFIXES = {-5: "f", -4: "p", -3: "n", -2: "u", -1: "m", 0: "", 1: "k", 2: "M"}


def percent(fraction: float) -> str:
    """Write a fraction as a percentage with one decimal.

    Examples
    --------
    >>> percent(0.94166)
    '94.2 %'
    """
    return f"{100 * fraction:.1f} %"


def points(difference: float) -> str:
    """Write a difference of two fractions in signed percentage points.

    Examples
    --------
    >>> points(-0.0125)
    '-1.2 points'
    """
    return f"{100 * difference:+.1f} points"


def count(number: int) -> str:
    """Write an integer with separators between thousands.

    Examples
    --------
    >>> count(1234567)
    '1,234,567'
    """
    return f"{number:,}"


def short_count(number: float) -> str:
    """Write a number with three significant digits and a unit prefix.

    Examples
    --------
    >>> short_count(1234567), short_count(950)
    ('1.23 M', '950')
    """
    return _scaled(number, _COUNTS, "")


def size(number: float) -> str:
    """Write a number of bytes with three significant digits, in powers of 1000.

    Examples
    --------
    >>> size(12), size(45_678)
    ('12 B', '45.7 kB')
    """
    return _scaled(number, _SIZES, " ")


def seconds(duration: float) -> str:
    """Write a duration in seconds, or in minutes and seconds from 100 s on.

    Examples
    --------
    >>> seconds(3.14159), seconds(135)
    ('3.1 s', '2 min 15 s')
    """
    if duration < 99.95:
        return f"{duration:.1f} s"
    return f"{round(duration) // 60} min {round(duration) % 60} s"


def si(value: float, unit: str) -> str:
    """Write a value with three significant digits and the prefix of its unit.

    Examples
    --------
    >>> si(3.44057e-3, "J"), si(23.6e-12, "J"), si(0, "s")
    ('3.44 mJ', '23.6 pJ', '0 s')
    """
    if value == 0:
        return f"0 {unit}"
    power = min(max(math.floor(math.log10(abs(value)) / 3), min(_PREFIXES)), max(_PREFIXES))
    if abs(value) / 1000.0**power >= 999.5 and power < max(_PREFIXES):
        power += 1
    return f"{value / 1000.0**power:.3g} {_PREFIXES[power]}{unit}"


def joules(value: float) -> str:
    """Write an energy.

    Examples
    --------
    >>> joules(1.5e-6)
    '1.5 uJ'
    """
    return si(value, "J")


def _scaled(number: float, units: tuple[str, ...], gap: str) -> str:
    for unit in units:
        if abs(number) < 999.5 or unit == units[-1]:
            break
        number /= 1000
    text = f"{number:.0f}" if float(number).is_integer() or abs(number) >= 99.5 else f"{number:.3g}"
    return f"{text}{gap}{unit}"
