"""The ``lava-fed`` command: registers the commands and turns every ending into an exit code."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import click
import typer

from cli import (
    backends,
    chips,
    compare,
    data,
    doctor,
    energy,
    errors,
    export,
    federate,
    inspect,
    learn,
    mismatch,
    presets,
    report,
    rules,
    run,
    sweep,
    train,
    validate,
)
from cli import compile as compile_
from cli.demo import command as demo
from cli.output import Output
from hardware.errors import LavaFedError

app = typer.Typer(
    name="lava-fed",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    demo,
    train,
    data,
    compile_,
    export,
    inspect,
    run,
    validate,
    energy,
    mismatch,
    learn,
    federate,
    sweep,
    compare,
    presets,
    report,
    rules,
    chips,
    backends,
    doctor,
):
    name = module.__name__.split(".")[1]
    app.command(name, epilog=f"Example: {module.EXAMPLE}")(getattr(module, name))


@app.callback()
def lava_fed(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of any error.")] = False,
) -> None:
    """Compile spiking networks for Loihi-class chips, prove every bit, and federate their on-chip learning."""
    del debug  # read by main, which must know it even where the rest of the line does not parse
    if version:
        from importlib.metadata import version as installed

        Output().line(f"lava-fed {installed('lava-fed')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        Output().line(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; by default that of this process.

    Returns
    -------
    int
        The exit code, see ``cli.errors``.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    output = Output("--json" in words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # whatever the locale, a name must not end the command
    code = errors.DONE
    pressed: list[int] = []
    try:
        try:
            # Not the command's own main(): that turns Ctrl-C and broken pipes into exit codes of its own.
            command = typer.main.get_command(app)
            with errors.noticing_ctrl_c() as pressed, command.make_context("lava-fed", words[:]) as context:
                command.invoke(context)
        except click.exceptions.Exit as ending:
            code = ending.exit_code
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # the end of the line: every failure becomes an exit code
        if "--debug" in words:
            traceback.print_exc()
        return _end(KeyboardInterrupt() if pressed and not isinstance(error, errors.Stopped) else error, output)
    return code


def _end(error: BaseException, output: Output) -> int:
    """Tell the user what happened and return the exit code."""
    if isinstance(error, OSError) and not error.filename:
        # Stdout is full or its reader went away; the interpreter would complain again when it closes it.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return errors.DONE
    if isinstance(error, (KeyboardInterrupt, click.Abort, errors.Stopped)):
        output.note(f"Stopped. {error}".strip())
        return errors.STOPPED
    if isinstance(error, LavaFedError):
        output.error(error.lines[-1], before=error.lines[:-1], document=error.document)
        return errors.USER_MISTAKE
    mistake = _mistake(error)
    output.error(
        mistake
        or f"this is a mistake of lava-fed's own ({type(error).__name__}: {error}); please report "
        "what 'lava-fed --debug ...' prints for the same command"
    )
    return errors.USER_MISTAKE if mistake else errors.OUR_MISTAKE


def _mistake(error: BaseException) -> str:
    """Put what the user can correct into one sentence; empty where the mistake is ours."""
    if isinstance(error, click.ClickException):
        context = error.ctx if isinstance(error, click.UsageError) else None
        command = context.command_path if context is not None else "lava-fed"
        return f"{error.format_message()} Try '{command} --help'."
    if isinstance(error, OSError) and error.filename:
        return f"cannot use {error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "cannot write: no space left on the device"
    if isinstance(error, MemoryError):
        return "not enough memory; use fewer samples or a smaller network"
    return ""
