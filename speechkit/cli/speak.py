"""`speechkit decode` and `speechkit convert`: units, or a recording, to speech in a voice of choice."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechkit.cli import options
from speechkit.cli.batch import Batch
from speechkit.cli.encode import watched
from speechkit.cli.sources import Recording, Source, find_sources, open_recording
from speechkit.cli.targets import AudioFormat, Target
from speechkit.errors import SpeechkitError
from speechkit.types import Speech
from speechkit.units_file import Utterance, read_units
from speechkit.waveform import load, resample

if TYPE_CHECKING:
    from torch import Tensor

    from speechkit.pipeline import Speechkit
    from u2s import Controls

Output = Annotated[str | None, typer.Option("--output", "-o", help="A folder, one audio file, or - for standard output.")]
Ending = Annotated[AudioFormat, typer.Option("--format", help="Of the files in a folder.")]


def decode(
    inputs: Annotated[list[str], typer.Argument(help="Units files of any format, or - for standard input.")],
    output: Output = None,
    voice: options.Voice = None,
    reference: options.Reference = None,
    seed: options.Seed = 0,
    stream: Annotated[bool, typer.Option("--stream", help="Speak to standard output as a WAV, piece by piece.")] = False,
    pitch_semitones: options.Pitch = 0.0,
    pitch_range: options.PitchRange = 1.0,
    energy_db: options.Energy = 0.0,
    speed: options.Speed = 1.0,
    format: Ending = AudioFormat.wav,
    any_codec: Annotated[bool, typer.Option("--any-codec", help="Speak units of another codec all the same.")] = False,
    models: options.Models = None,
    threads: options.Threads = None,
    fail_fast: options.FailFast = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Speak the units of a units file, one audio file a row.

    The samples do not depend on what else is decoded: a row alone, in a batch or streamed sounds the same.

    \b
    speechkit decode units.jsonl --voice female -o out/
    speechkit decode units.jsonl --reference her.wav --pitch-semitones 2 -o out/
    speechkit decode units.jsonl --stream | aplay
    """
    output = _output(output, stream, json)
    kit = options.open_kit(models, threads)
    style = _style(kit, voice, reference)
    controls = _controls(pitch_semitones, pitch_range, energy_db, speed)
    target = Target(output, format, kit.decoder.sample_rate)
    with Batch(verb="decoded", total=None, quiet=quiet, fail_fast=fail_fast) as batch:
        for row in _rows(inputs, batch):
            with batch.item(row.id or "a row without an id"):
                pieces = kit.decode_stream(row.units, style, seed=seed, controls=controls, strict_codec=not any_codec)
                target.write(row.id, pieces)
                batch.succeed(target.seconds)
        first = round(target.first_piece_seconds, 4)
        batch.finish(output, as_json=json, first_piece_seconds=first, seed=seed)


def convert(
    inputs: Annotated[list[str], typer.Argument(help="Audio files, folders, quoted globs, or - for standard input.")],
    output: Output = None,
    voice: options.Voice = None,
    reference: options.Reference = None,
    seed: options.Seed = 0,
    pitch_semitones: options.Pitch = 0.0,
    pitch_range: options.PitchRange = 1.0,
    energy_db: options.Energy = 0.0,
    speed: options.Speed = 1.0,
    format: Ending = AudioFormat.wav,
    channel: options.Channel = None,
    models: options.Models = None,
    threads: options.Threads = None,
    fail_fast: options.FailFast = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Say recordings again in another voice: encode, then decode, piece by piece.

    \b
    speechkit convert talk.wav --reference her.wav -o as_her.wav
    speechkit convert recordings/ --voice male -o as_him/ --format flac
    """
    output = _output(output, False, json)
    sources = find_sources(inputs)
    kit = options.open_kit(models, threads)
    style = _style(kit, voice, reference)
    controls = _controls(pitch_semitones, pitch_range, energy_db, speed)
    target = Target(output, format, kit.decoder.sample_rate)
    if target.is_file and len(sources) > 1:
        raise typer.BadParameter(f"{output} is one file, {len(sources)} recordings are named; give a folder.")
    with Batch(verb="converted", total=len(sources), quiet=quiet, fail_fast=fail_fast) as batch:
        for source in sources:
            with batch.item(source.name):
                _convert_one(kit, source, target, batch, style, controls, seed, channel)
        batch.finish(output, as_json=json, seed=seed)


def _convert_one(
    kit: "Speechkit",
    source: Source,
    target: Target,
    batch: Batch,
    style: "Tensor",
    controls: "Controls",
    seed: int,
    channel: int | None,
) -> None:
    with open_recording(source, kit.encoder.config.sample_rate, channel) as recording:
        target.write(source.id, _respoken(kit, recording, batch, style, controls, seed), source.path)
        for change in recording.changes:
            batch.note(change)
    batch.succeed(target.seconds)


def _respoken(
    kit: "Speechkit", recording: Recording, batch: Batch, style: "Tensor", controls: "Controls", seed: int
) -> Iterator[Speech]:
    rate = kit.encoder.config.sample_rate
    blocks = watched(recording.blocks, rate, recording.seconds, batch)
    streams = kit.encoder.config.streamable
    units = kit.encode_stream(blocks, rate) if streams else [kit.encode_blocks(blocks, rate)]
    return kit.decode_stream(units, style, seed=seed, controls=controls)


def _rows(inputs: list[str], batch: Batch) -> Iterator[Utterance]:
    """Rows of all files; a file that is damaged is reported after its good rows."""
    for name in inputs:
        try:
            yield from read_units(sys.stdin.buffer if name == "-" else name)
        except SpeechkitError as error:
            batch.fail("standard input" if name == "-" else name, error)


def _output(output: str | None, stream: bool, json: bool) -> str:
    if stream and output is None:
        output = "-"
    if output is None:
        raise typer.BadParameter("say where the speech goes: -o out/, -o speech.wav, or -o - for a pipe.")
    if output == "-" and json:
        raise typer.BadParameter("speech and --json cannot share standard output; name a folder with -o.")
    return output


def _style(kit: "Speechkit", voice: str | None, reference: Path | None) -> "Tensor":
    if voice is not None and reference is not None:
        raise typer.BadParameter("give --voice or --reference, not both.")
    if reference is None:
        return kit.voice(voice or "female")
    waveform, sample_rate = load(reference)
    try:
        return kit.style_of(resample(waveform, sample_rate, kit.decoder.sample_rate), kit.decoder.sample_rate)
    except SpeechkitError as error:
        raise type(error)(f"the reference {reference}: {error}") from error


def _controls(pitch_semitones: float, pitch_range: float, energy_db: float, speed: float) -> "Controls":
    from u2s import Controls

    return Controls(pitch_semitones=pitch_semitones, pitch_range=pitch_range, energy_db=energy_db, speed=speed)
