"""The command line: `speechkit encode | decode | convert | info | doctor | demo`. Thin; the work is in the pipeline."""

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from speechkit import __version__
from speechkit.cli import chat, demo, doctor, encode, evaluate, info, prototypes, say, speak, tuning
from speechkit.errors import SpeechkitError

USER_ERROR = 2
"""Exit code of a mistake that the message explains: bad input, an unknown option, a failed file of a batch."""


class Commands(TyperGroup):
    """All commands; a SpeechkitError in any of them becomes one line on stderr and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SpeechkitError as error:
            print(f"error: {error}", file=sys.stderr)
            raise typer.Exit(USER_ERROR) from error


app = typer.Typer(
    cls=Commands,
    name="speechkit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("encode")(encode.encode)
app.command("decode")(speak.decode)
app.command("convert")(speak.convert)
app.command("say")(say.say)
app.command("info")(info.info)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("chat")(chat.chat)
app.add_typer(evaluate.app, name="evaluate")
prototypes.app.command("carry")(tuning.carry)
prototypes.app.command("tune")(tuning.tune)
app.add_typer(prototypes.app, name="prototypes")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"speechkit {__version__}")
        raise typer.Exit


@app.callback()
def speechkit(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Speech to discrete units and expressive speech back. Everything runs here, offline.

    \b
    speechkit demo                                    hear it: six clips, original beside re-spoken
    speechkit encode talk.wav -o units.jsonl          speech -> 25 units a second
    speechkit decode units.jsonl --voice female -o out/
    speechkit convert talk.wav --reference her.wav -o as_her.wav
    speechkit chat --audio question.wav -o answer.wav  it hears, reasons, answers aloud
    """


def main() -> None:
    """Entry point of the `speechkit` command."""
    app()
