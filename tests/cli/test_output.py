"""What speaks: tables, JSON and progress, on a terminal and elsewhere."""

from __future__ import annotations

import io
import json
import re
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.output import Output, printable


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@given(st.text())
def test_what_is_printed_never_holds_a_control_character(text):
    shown = printable(text)
    assert all(c.isprintable() or c == "\n" for c in shown)


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"], include_characters="\n").filter(str.isprintable)))
def test_ordinary_text_is_printed_as_it_is(text):
    assert printable(text) == text


def test_an_escape_sequence_in_a_name_does_not_reach_the_terminal(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    output = Output()
    output.table("t", ("name",), [("\x1b[2J[bold]evil[/bold]",)])
    output.line("\x1b]0;title\x07")
    assert "\x1b[2J" not in stream.getvalue()
    assert "\x1b]0" not in stream.getvalue()
    assert "\\x1b[2J[bold]evil[/bold]" in stream.getvalue()


def test_a_table_outside_a_terminal_is_plain_and_unfolded(capsys):
    Output().table("Title", ("name", "n"), [("a" * 90, "1"), ("b", "1,000")], numeric="lr")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert [line.split() for line in out.splitlines() if line.strip()] == [
        ["Title"],
        ["name", "n"],
        ["─" * len(out.splitlines()[3].strip())],
        ["a" * 90, "1"],
        ["b", "1,000"],
    ]
    assert all(line == line.rstrip() for line in out.splitlines())


COLUMNS = ("layer", "neuron", "synaptic operations into it")
ROWS = [("hidden", "CUBA, threshold 80", "28,946,688"), ("readout", "CUBA, threshold 9", "3,941,180")]


def on_a_terminal(monkeypatch, columns):
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    Output().table("Layers", COLUMNS, ROWS, numeric="llr")
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())


@pytest.mark.parametrize("columns", [36, 43, 50, 60, 80])
def test_no_word_or_number_is_cut_on_a_narrow_terminal(monkeypatch, columns):
    shown = on_a_terminal(monkeypatch, columns)
    words = [word for row in (COLUMNS, *ROWS) for cell in row for word in cell.split()]
    assert [word for word in words if word not in shown.split()] == []
    assert all(len(line) <= columns for line in shown.splitlines())
    assert "─" in shown


def test_a_table_that_no_wrapping_can_fit_becomes_a_list(monkeypatch):
    assert on_a_terminal(monkeypatch, 35).splitlines() == [
        "Layers",
        "",
        "layer                        hidden",
        "neuron                       CUBA, threshold 80",
        "synaptic operations into it  28,946,688",
        "",
        "layer                        readout",
        "neuron                       CUBA, threshold 9",
        "synaptic operations into it  3,941,180",
        "",
    ]


def test_json_is_one_document_and_nothing_else(capsys):
    output = Output(as_json=True)
    output.line("not shown")
    output.fields({"a": "b"})
    output.table("not shown", ("x",), [("1",)])
    output.document({"n": np.int64(3), "x": np.float32(0.5), "s": "ü"})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"n": 3, "x": 0.5, "s": "ü"}
    assert captured.err == ""


def test_json_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="JSON"):
        Output(as_json=True).document({"x": float("nan")})


def test_without_json_no_document_is_printed(capsys):
    Output().document({"a": 1})
    assert capsys.readouterr().out == ""


def test_progress_goes_to_stderr_in_plain_lines(capsys):
    with Output(as_json=True).progress("Working", 4) as bar:
        for done in range(1, 5):
            bar.at(done, f"step {done}")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Working ...\nWorking: 25 %, step 1\nWorking: 100 %, step 4\n"


def test_progress_on_a_terminal_is_a_bar_that_goes_away(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with Output().progress("Working", 2) as bar:
        bar.at(2, "[done]")
    assert "Working" in stream.getvalue()
    assert "[done]" in stream.getvalue()
    assert re.search(r"\x1b\[2K", stream.getvalue())


def test_progress_on_a_terminal_that_cannot_move_its_cursor_is_plain_lines(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "dumb")
    with Output().progress("Working", 1) as bar:
        bar.at(1, "done")
    assert stream.getvalue() == "Working ...\nWorking: 100 %, done\n"


def test_an_error_is_one_line_on_stderr(capsys):
    Output().error("no [such] thing")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Error: no [such] thing\n")
