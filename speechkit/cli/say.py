"""`speechkit say`: text to speech, in a style that words or options ask for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechkit.cli import options
from speechkit.cli.batch import Batch
from speechkit.cli.player import play_stream
from speechkit.cli.targets import AudioFormat, Target
from speechkit.cli.wanted_style import Wanted
from speechkit.errors import TextError
from speechkit.types import Speech

if TYPE_CHECKING:
    from speechkit.talker import SpeechStream


def say(
    text: Annotated[str | None, typer.Argument(help="What to say; - reads standard input.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Say the text of this file (UTF-8) instead.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="An audio file, or - for standard output.")
    ] = None,
    instruction: Annotated[str, typer.Option("--instruction", "-i", help="How to say it, in your own words.")] = "",
    gender: Annotated[str | None, typer.Option("--gender", help="female or male.")] = None,
    emotion: Annotated[str | None, typer.Option("--emotion", help="neutral, happy, sad or angry.")] = None,
    pitch: Annotated[str | None, typer.Option("--pitch", help="low, normal or high.")] = None,
    speed: Annotated[str | None, typer.Option("--speed", help="slow, normal or fast.")] = None,
    energy: Annotated[str | None, typer.Option("--energy", help="soft, normal or loud.")] = None,
    voice: Annotated[str | None, typer.Option("--voice", help="A voice of the model (default: by gender).")] = None,
    reference: options.Reference = None,
    language: Annotated[
        str | None, typer.Option("--language", help="en or zh, for numbers (default: by script).")
    ] = None,
    seed: options.Seed = 0,
    stream: Annotated[
        bool, typer.Option("--stream", help="Speak to standard output as a WAV, piece by piece.")
    ] = False,
    play: Annotated[
        bool, typer.Option("--play", help="Play it while it is spoken (needs aplay, paplay or ffplay).")
    ] = False,
    models: options.Models = None,
    threads: options.Threads = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Say a text of any length, sentence by sentence in one voice.

    What the options leave open is inferred from the instruction; the style that was taken is in the --json summary.

    \\b
    speechkit say "The train leaves at 7:45." -o out.wav
    speechkit say -i "Whisper it, sadly, a little slower" "I thought you had left." --stream | aplay
    speechkit say --gender male --emotion happy --file story.txt -o story.wav
    """
    from speechkit.talker import StyleHeader

    words = _text(text, file)
    output = _output(output, stream, play, json)
    style = StyleHeader(gender=gender, emotion=emotion, pitch=pitch, speed=speed, energy=energy)
    kit = options.open_kit(models, threads)
    who = None if voice is None and reference is None else Wanted(voice=voice, reference=reference).of(kit)
    target = Target(output, AudioFormat.wav, kit.decoder.sample_rate) if output else None
    with Batch(verb="said", total=None, quiet=quiet, fail_fast=True) as batch:
        with batch.item("the text"):
            spoken = kit.say_stream(
                words, instruction=instruction, style=style, voice=who, language=language, seed=seed
            )
            pieces = play_stream(spoken, kit.decoder.sample_rate) if play else iter(spoken)
            first, seconds = _spend(target, pieces)
            if spoken.finish_reason != "end":
                batch.note(f"the speech ended for the reason: {spoken.finish_reason}")
            batch.succeed(seconds)
        batch.finish(
            output or "the loudspeaker", as_json=json, first_piece_seconds=first, seed=seed, **_summary(spoken)
        )


def _spend(target: Target | None, pieces: Iterator[Speech]) -> tuple[float, float]:
    """Write or only play; (seconds to the first piece, seconds of speech)."""
    if target is not None:
        target.write("speech", pieces)
        return round(target.first_piece_seconds, 4), target.seconds
    return 0.0, sum(piece.duration_seconds for piece in pieces)


def _summary(spoken: SpeechStream) -> dict[str, object]:
    return {
        "style": dict(spoken.header.items()), "units": len(spoken.units), "finish_reason": spoken.finish_reason,
    }  # fmt: skip


def _text(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise typer.BadParameter("say what: give a text, - for standard input, or --file.")
    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise TextError(f"{file} is not a readable UTF-8 text: {error}.") from error
    return sys.stdin.read() if text == "-" else str(text)


def _output(output: str | None, stream: bool, play: bool, json: bool) -> str | None:
    output = "-" if stream and output is None else output
    if output is None and not play:
        raise typer.BadParameter("say where the speech goes: -o speech.wav, --stream for a pipe, or --play.")
    if output == "-" and json:
        raise typer.BadParameter("speech and --json cannot share standard output; name a file with -o.")
    return output
