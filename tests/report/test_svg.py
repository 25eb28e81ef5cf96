"""The drawing kit."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lava_fed.report.svg import Drawing, Scale, apart

finite = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


@given(finite, finite, finite, finite)
def test_a_scale_places_its_ends(low, high, start, end):
    scale = Scale(low, high, start, end)
    assert scale(low) == start
    if high != low:
        assert scale(high) == pytest.approx(end)


@given(finite, st.floats(1e-2, 1e6), st.integers(1, 20), st.booleans())
def test_ticks_lie_inside_at_equal_distances_and_are_few(low, span, most, whole):
    ticks = Scale(low, low + span, 0, 100).ticks(most, whole=whole)
    assert len(ticks) <= most + 1
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    assert all(step == pytest.approx(steps[0], rel=1e-6) for step in steps)
    if whole:
        assert all(float(tick).is_integer() for tick in ticks)


def test_ticks_by_hand():
    assert Scale(0, 1, 0, 1).ticks(5) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert Scale(1, 10, 0, 1).ticks(10, whole=True) == list(range(1, 11))
    assert Scale(1, 10, 0, 1).ticks(5, whole=True) == [2, 4, 6, 8, 10]
    assert Scale(3, 3, 0, 1).ticks(5, whole=True) == [3]


@given(st.lists(st.floats(0, 100), max_size=6))
def test_labels_move_apart_and_keep_their_order(places):
    moved = apart(places, 15, 0, 100)
    order = sorted(range(len(places)), key=lambda index: places[index])
    for first, second in itertools.pairwise(order):
        assert moved[second] - moved[first] >= 15 - 1e-9
    assert all(place <= 100 + 1e-9 for place in moved)
    if len(places) * 15 <= 100:
        assert all(place >= -1e-9 for place in moved)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"])))
def test_any_text_is_escaped(text):
    drawing = Drawing(10, 10, text)
    drawing.text(1, 1, text)
    drawing.rect(0, 0, 1, 1, "x", tip=text)
    root = ElementTree.fromstring(str(drawing))  # noqa: S314 - our own text
    assert root.attrib["aria-label"] == text
    assert root[0].text == (text or None)
    if text:
        assert root[1][0].text == text
