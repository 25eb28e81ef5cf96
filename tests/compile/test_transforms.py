"""Each pass as text in and text out."""

from __future__ import annotations

import re

import pytest

from compile.passes import Pass, run_passes
from compile.pipeline import PASSES
from compile.text import parse, show
from compile.transforms.absorb_scales import AbsorbScales
from compile.transforms.align_skips import AlignSkips
from compile.transforms.fold_concat import FoldConcat
from compile.transforms.fold_flatten import FoldFlatten
from compile.transforms.lower_average import LowerAverage
from compile.transforms.lower_pooling import LowerPooling
from compile.transforms.name_layers import NameLayers
from compile.transforms.remove_dead import RemoveDead
from hardware.errors import NetworkError

NEURON = "threshold=1 current_decay=1 voltage_decay=0"

FOLD_BEFORE = f"""\
source in 1x1x2
flatten f1 2
flatten f2 2
cuba a 1 {NEURON}
flatten f3 1
cuba b 1 {NEURON} bias=0.5
edge in -> f1
edge f1 -> f2
edge f2 -> a dense
  1 -2
edge a -> f3
edge f3 -> b dense
  3
edge b -> a dense
  4
"""
FOLD_AFTER = f"""\
source in 1x1x2
cuba a 1 {NEURON}
cuba b 1 {NEURON} bias=0.5
edge in -> a dense
  1 -2
edge a -> b dense
  3
edge b -> a dense
  4
"""
IMAGE_BEFORE = f"""\
source in 1x2x2
cuba c 1x2x2 {NEURON}
flatten f 4
resonator r 1 threshold=1 sin_decay=0 cos_decay=1
edge in -> c conv shape=1x1x1x1
  2
edge c -> c conv shape=1x1x1x1
  -1
edge c -> f
edge f -> r dense port=imag
  1 2 3 4
"""
IMAGE_AFTER = f"""\
source in 1x2x2
cuba c 1x2x2 {NEURON}
resonator r 1 threshold=1 sin_decay=0 cos_decay=1
edge in -> c conv shape=1x1x1x1
  2
edge c -> c conv shape=1x1x1x1
  -1
edge c -> r dense port=imag
  1 2 3 4
"""
NAME_BEFORE = f"""\
source in 1
flatten readout 1
cuba x 1 {NEURON}
cuba input 1 {NEURON}
cuba hidden1 1 {NEURON}
edge in -> readout
edge readout -> x dense
  1
edge x -> input dense
  2
edge input -> hidden1 dense
  3
"""
NAME_AFTER = f"""\
source input 1
flatten readout_ 1
cuba hidden1 1 {NEURON}
cuba hidden2 1 {NEURON}
cuba readout 1 {NEURON}
edge input -> readout_
edge readout_ -> hidden1 dense
  1
edge hidden1 -> hidden2 dense
  2
edge hidden2 -> readout dense
  3
"""
ONE_HIDDEN_NAMED = f"""\
source input 1
cuba hidden 1 {NEURON}
cuba readout 1 {NEURON}
edge input -> hidden dense
  1
edge hidden -> readout dense
  1
"""
ONE_HIDDEN = f"""\
source s 1
cuba p 1 {NEURON}
cuba q 1 {NEURON}
edge s -> p dense
  1
edge p -> q dense
  1
"""
ROLES = f"""\
source s 1x2x2
cuba a 1x2x2 {NEURON}
cuba b 1x2x2 {NEURON}
cuba c 1x1x1 {NEURON}
cuba d 1x2x2 {NEURON}
cuba e 4 {NEURON}
relay f 4
cuba g 4 {NEURON}
cuba h 4 {NEURON}
cuba i 4 {NEURON}
average j 1
edge s -> a one-to-one
  1 1 1 1
edge b -> b one-to-one
  1 1 1 1
edge a -> b conv shape=1x1x1x1
  1
edge b -> c pool
  1 1
  1 1
edge c -> d pool unpool=true
  1 1
  1 1
edge d -> e dense
  1 0 0 0
  1 0 0 0
  1 0 0 0
  1 0 0 0
edge e -> f one-to-one
  1 1 1 1
edge f -> g one-to-one
  1 1 1 1
edge g -> h sparse
  0 1 2
edge h -> i sparse
  0 1 2
edge i -> j
"""
ROLE_NAMES = {
    "s": "input",
    "a": "encoder",
    "b": "conv1",
    "c": "pool1",
    "d": "unpool1",
    "e": "dense1",
    "f": "relay1",
    "g": "affine1",
    "h": "sparse1",
    "i": "readout",
    "j": "average",
}


CONCAT_BEFORE = f"""\
source s 1x1x2
cuba a 1x1x2 {NEURON}
cuba b 2x1x2 {NEURON}
concat c 3x1x2
flatten f 6
flatten g 2
concat h 8
cuba d 2x1x2 {NEURON}
cuba e 2 {NEURON}
cuba o 8 {NEURON}
edge s -> a conv shape=1x1x1x1
  1
edge s -> b conv shape=2x1x1x1
  1
  2
edge a -> c
edge b -> c
edge c -> d conv shape=2x3x1x1
  1
  2
  3
  4
  5
  6
edge c -> f
edge f -> e dense
  1 2 3 4 5 6
  7 8 9 10 11 12
  delays
  0 0 1 1 1 1
  0 0 0 0 0 0
edge a -> g
edge f -> h
edge g -> h
edge h -> o one-to-one
  1 2 3 4 5 6 7 8
edge e -> o dense
  1 0
  1 0
  1 0
  1 0
  1 0
  1 0
  1 0
  1 0
edge d -> e dense
  0 0 0 1
  0 0 1 0
"""
CONCAT_AFTER = f"""\
source s 1x1x2
cuba a 1x1x2 {NEURON}
cuba b 2x1x2 {NEURON}
cuba d 2x1x2 {NEURON}
cuba e 2 {NEURON}
cuba o 8 {NEURON}
edge s -> a conv shape=1x1x1x1
  1
edge s -> b conv shape=2x1x1x1
  1
  2
edge a -> d conv shape=2x1x1x1
  1
  4
edge b -> d conv shape=2x2x1x1
  2
  3
  5
  6
edge a -> e dense
  1 2
  7 8
edge b -> e dense
  3 4 5 6
  9 10 11 12
  delays
  1 1 1 1
  0 0 0 0
edge a -> o sparse
  0 0 1
  0 6 7
  1 1 2
  1 7 8
edge b -> o sparse
  0 2 3
  1 3 4
  2 4 5
  3 5 6
edge e -> o dense
  1 0
  1 0
  1 0
  1 0
  1 0
  1 0
  1 0
  1 0
edge d -> e dense
  0 0 0 1
  0 0 1 0
"""
POOL_BEFORE = f"""\
source s 2x2x5
cuba a 2x1x2 {NEURON}
cuba b 2x2x4 {NEURON}
edge s -> a pool stride=2x2
  1 2
  3 4
edge a -> b pool stride=2x2 unpool=true
  1 2
  3 4
"""
POOL_AFTER = f"""\
source s 2x2x5
cuba a 2x1x2 {NEURON}
cuba b 2x2x4 {NEURON}
edge s -> a conv shape=2x1x2x2 stride=2x2 groups=2
  1 2
  3 4
  1 2
  3 4
edge a -> b conv shape=2x1x2x2 stride=2x2 groups=2 transposed=true
  1 2
  3 4
  1 2
  3 4
"""
AVERAGE_BEFORE = f"""\
source s 2
cuba a 4 {NEURON}{{more}}
average m 2
edge s -> a dense
  1 0
  0 1
  1 0
  0 1
edge a -> m
"""
AVERAGE_AFTER = f"""\
source s 2
cuba a 4 {NEURON}{{more}}
relay m 2{{scale}}
edge s -> a dense
  1 0
  0 1
  1 0
  0 1
edge a -> m sparse
  0 0 1
  1 0 1
  2 1 1
  3 1 1
"""
SCALE_BEFORE = f"""\
source s 2
relay r 2
cuba a 2 {NEURON}
relay kept 2 delays=[0 1]
relay t 2
relay u 2
cuba b 2 {NEURON}
relay o 2
edge s -> r one-to-one
  0.5 2
edge r -> a dense
  1 2
  3 4
edge s -> a dense
  1 1
  1 1
edge a -> kept one-to-one
  1 1
edge kept -> t one-to-one
  2 2
edge t -> u one-to-one
  0.25 4
edge u -> b sparse
  0 1 8
  1 1 -1
edge b -> o one-to-one
  1 1
"""
SCALE_AFTER = f"""\
source s 2
cuba a 2 {NEURON}
relay kept 2 delays=[0 1]
cuba b 2 {NEURON}
relay o 2
edge s -> a dense
  1.5 5
  2.5 9
edge a -> kept one-to-one
  1 1
edge b -> o one-to-one
  1 1
edge kept -> b sparse
  0 1 4
  1 1 -8
"""
SKIP_BEFORE = f"""\
source s 1 graded=true
sigma_delta a 1 threshold=0
sigma_delta b 1 threshold=0
cuba c 1 {NEURON}
sigma_delta o 1 threshold=0
edge o -> o dense
  1
edge s -> a dense
  1
edge a -> b dense
  1
edge s -> b dense
  2
  delays
  1
edge b -> c dense
  3
edge s -> c one-to-one
  4
edge c -> o dense
  5
edge a -> o dense
  6
edge s -> o dense
  7
"""
SKIP_AFTER = f"""\
source s 1 graded=true
relay s.late1 1 scale=0.000244140625
relay s.late2 1 scale=0.000244140625
sigma_delta a 1 threshold=0
relay a.late1 1 scale=0.000244140625
sigma_delta b 1 threshold=0
cuba c 1 {NEURON}
sigma_delta o 1 threshold=0
edge o -> o dense
  1
edge s -> a dense
  1
edge a -> b dense
  1
edge s -> b dense
  2
  delays
  2
edge b -> c dense
  3
edge s.late2 -> c one-to-one
  4
edge c -> o dense
  5
edge a.late1 -> o dense
  6
edge s.late2 -> o dense
  7
edge s -> s.late1 one-to-one
  1
edge s.late1 -> s.late2 one-to-one
  1
edge a -> a.late1 one-to-one
  1
"""
DEAD_BEFORE = f"""\
source s 2
cuba a 4 {NEURON} bias=[0 0 0 0.5] delays=[1 2 3 4]
cuba mute 2 {NEURON} bias=-1
cuba deaf 1 {NEURON}
cuba alone 1 {NEURON} bias=1
cuba o 2 {NEURON}
edge s -> a dense
  1 0
  0 0
  1 1
  0 0
edge mute -> mute one-to-one
  1 1
edge mute -> alone dense
  1 1
edge s -> deaf dense
  1 1
edge deaf -> deaf one-to-one
  1
edge a -> o dense
  1 1 0 -1
  0 0 0 0
edge alone -> o dense
  0
  2
"""
DEAD_AFTER = f"""\
source s 2
cuba a 2 {NEURON} bias=[0 0.5] delays=[1 4]
cuba alone 1 {NEURON} bias=1
cuba o 2 {NEURON}
edge s -> a sparse
  0 0 1
edge a -> o dense
  1 -1
  0 0
edge alone -> o dense
  0
  2
edge s -> alone sparse
  0 0 0
"""


def renamed(text: str, names: dict[str, str]) -> str:
    """Replace whole words."""
    return re.sub(r"\b[a-z]\b", lambda match: names[match[0]], text)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (FoldFlatten(), FOLD_BEFORE, FOLD_AFTER),
        (FoldFlatten(), FOLD_AFTER, FOLD_AFTER),
        (FoldFlatten(), IMAGE_BEFORE, IMAGE_AFTER),
        (NameLayers(), NAME_BEFORE, NAME_AFTER),
        (NameLayers(), ONE_HIDDEN, ONE_HIDDEN_NAMED),
        (NameLayers(), ROLES, renamed(ROLES, ROLE_NAMES)),
        (FoldConcat(), CONCAT_BEFORE, CONCAT_AFTER),
        (LowerPooling(), POOL_BEFORE, POOL_AFTER),
        (LowerAverage(), AVERAGE_BEFORE.format(more=""), AVERAGE_AFTER.format(more="", scale="")),
        (
            LowerAverage(),
            AVERAGE_BEFORE.format(more=" message=voltage"),
            AVERAGE_AFTER.format(more=" message=voltage", scale=" scale=0.000244140625"),
        ),
        (AbsorbScales(), SCALE_BEFORE, SCALE_AFTER),
        (RemoveDead(), DEAD_BEFORE, DEAD_AFTER),
    ],
    ids=[
        "fold",
        "fold-again",
        "fold-image",
        "name-all",
        "one-hidden",
        "roles",
        "concat",
        "pool",
        "average",
        "average-of-voltages",
        "scales",
        "dead",
    ],
)
def test_pass(step: Pass, before: str, after: str) -> None:
    graph = parse(before)
    assert show(step(graph)) == after
    assert show(graph) == before, "a pass must leave its input as it was"
    assert show(step(step(graph))) == after, "a pass that ran has nothing left to do"


def test_the_runner_reports_each_pass_with_what_it_made() -> None:
    seen: list[tuple[str, str]] = []
    final = run_passes(parse(FOLD_BEFORE), PASSES, between=lambda name, graph: seen.append((name, show(graph))))
    assert [name for name, _ in seen] == [step.name for step in PASSES]
    assert seen[0][1] == show(NameLayers()(parse(FOLD_BEFORE)))
    assert seen[-1][1] == show(final)


def test_passes_are_values() -> None:
    assert FoldFlatten() == FoldFlatten()
    assert NameLayers(readout="class") != NameLayers()
    assert show(NameLayers(hidden="h", readout="class")(parse(ONE_HIDDEN))).count("class") == 2
    assert all(isinstance(step, Pass) for step in PASSES)


def test_skips_are_aligned_by_delays_of_dense_weights_and_by_shared_relays() -> None:
    graph = parse(SKIP_BEFORE)
    assert show(AlignSkips(1)(graph)) == SKIP_AFTER
    assert show(graph) == SKIP_BEFORE
    longest = SKIP_BEFORE.replace("delays\n  1\n", "delays\n  63\n")
    assert "edge s.late1 -> b dense\n  2\n  delays\n  63\n" in show(AlignSkips(1)(parse(longest)))


DIRECT = f"""\
source s 1
cuba a 1 {NEURON}
cuba b 1 {NEURON}
cuba o 1 {NEURON}
edge s -> a one-to-one direct=true
  1
edge a -> b dense
  1
edge s -> b one-to-one%s
  1
edge b -> o dense
  1
edge s -> o one-to-one%s
  1
"""


def test_what_the_host_drives_directly_waits_one_step_more() -> None:
    aligned = show(AlignSkips(0)(parse(DIRECT % (" direct=true", " direct=true"))))
    assert "edge s -> a one-to-one direct=true\n" in aligned
    assert "edge s -> b one-to-one\n" in aligned, "one step instead of none"
    assert "edge s.late1 -> o one-to-one\n" in aligned
    plain = parse(DIRECT % ("", ""))
    assert show(AlignSkips(0)(plain)) == aligned, "both ways arrive together"


def test_units_that_the_host_drives_directly_are_not_taken_out_one_by_one() -> None:
    text = (
        f"source s 2\ncuba a 2 {NEURON}\ncuba o 1 {NEURON}\n"
        "edge s -> a one-to-one direct=true\n  1 1\nedge a -> o dense\n  0 1\n"
    )
    assert show(RemoveDead()(parse(text))) == text
    assert "cuba a 1" in show(RemoveDead()(parse(text.replace(" direct=true", ""))))


def test_what_passes_cannot_do_is_named() -> None:
    stack = SKIP_BEFORE.replace("edge o -> o dense", "edge o -> a dense")
    with pytest.raises(NetworkError, match="edge o->a leads back over 2 layers that take no step"):
        AlignSkips(1)(parse(stack))
    with pytest.raises(NetworkError, match="edge c->d: an average reads a concat; lower it first"):
        FoldConcat()(
            parse(
                f"source s 1\ncuba a 1 {NEURON}\nconcat c 2\naverage d 1\nedge s -> a dense\n  1\n"
                "edge s -> c\nedge a -> c\nedge c -> d\n"
            )
        )
    with pytest.raises(NetworkError, match="from an image of 2x5 the kernel makes .* found "):
        LowerPooling()(parse(POOL_BEFORE.replace("stride=2x2\n", "stride=1x1\n")))
    with pytest.raises(NetworkError, match="node 'f1' is a view; fold it before dead units are removed"):
        RemoveDead()(parse(FOLD_BEFORE))
    twice = CONCAT_BEFORE.replace("one-to-one\n  1 2 3 4 5 6 7 8\n", "dense\n" + "  1 1 1 1 1 1 1 1\n" * 8)
    delays = "  delays\n" + "  0 0 0 0 0 0 0 1\n" * 8
    with pytest.raises(NetworkError, match="edge a->o stands for two ways with different delays"):
        FoldConcat()(parse(twice.replace("edge e -> o", delays + "edge e -> o")))
