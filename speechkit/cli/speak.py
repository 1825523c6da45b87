"""`speechkit decode` and `speechkit convert`: units, or a recording, to speech in a voice of choice."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from speechkit.cli import options
from speechkit.cli.batch import Batch
from speechkit.cli.encode import watched
from speechkit.cli.sources import Recording, Source, find_sources, open_recording
from speechkit.cli.targets import AudioFormat, Target
from speechkit.cli.wanted_style import Wanted
from speechkit.errors import SpeechkitError
from speechkit.types import Speech
from speechkit.units_file import Utterance, read_units

if TYPE_CHECKING:
    from speechkit.direction import AnyStyle
    from speechkit.pipeline import Speechkit
    from u2s import Controls

Output = Annotated[
    str | None, typer.Option("--output", "-o", help="A folder, one audio file, or - for standard output.")
]
Ending = Annotated[AudioFormat, typer.Option("--format", help="Of the files in a folder.")]


def decode(
    inputs: Annotated[list[str], typer.Argument(help="Units files of any format, or - for standard input.")],
    output: Output = None,
    voice: options.Voice = None,
    reference: options.Reference = None,
    gender: options.Gender = None,
    emotion: options.Emotion = None,
    pitch: options.PitchLevel = None,
    style: options.Mix = None,
    intensity: options.Intensity = 1.0,
    seed: options.Seed = 0,
    stream: Annotated[
        bool, typer.Option("--stream", help="Speak to standard output as a WAV, piece by piece.")
    ] = False,
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
    speechkit decode units.jsonl --gender female --emotion happy --pitch high --speed 1.1 -o out/
    speechkit decode units.jsonl --style "0.7*sad+0.3*neutral" --intensity 1.4 --pitch-range 1.3 -o out/
    speechkit decode units.jsonl --reference her.wav --pitch-semitones 2 -o out/
    speechkit decode units.jsonl --stream | aplay
    """
    output = _output(output, stream, json)
    kit = options.open_kit(models, threads)
    wanted = Wanted(
        voice=voice, reference=reference, gender=gender, emotion=emotion, pitch=pitch, mix=style, intensity=intensity
    )
    spoken_style = wanted.of(kit)
    controls = _controls(pitch_semitones, pitch_range, energy_db, speed)
    target = Target(output, format, kit.decoder.sample_rate)
    with Batch(verb="decoded", total=None, quiet=quiet, fail_fast=fail_fast) as batch:
        for row in _rows(inputs, batch):
            with batch.item(row.id or "a row without an id"):
                pieces = kit.decode_stream(
                    row.units, spoken_style, seed=seed, controls=controls, strict_codec=not any_codec
                )
                target.write(row.id, pieces)
                batch.succeed(target.seconds)
        first = round(target.first_piece_seconds, 4)
        batch.finish(output, as_json=json, first_piece_seconds=first, seed=seed)


def convert(
    inputs: Annotated[list[str], typer.Argument(help="Audio files, folders, quoted globs, or - for standard input.")],
    output: Output = None,
    voice: options.Voice = None,
    reference: options.Reference = None,
    gender: options.Gender = None,
    emotion: options.Emotion = None,
    pitch: options.PitchLevel = None,
    style: options.Mix = None,
    intensity: options.Intensity = 1.0,
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
    wanted = Wanted(
        voice=voice, reference=reference, gender=gender, emotion=emotion, pitch=pitch, mix=style, intensity=intensity
    )
    spoken_style = wanted.of(kit)
    controls = _controls(pitch_semitones, pitch_range, energy_db, speed)
    target = Target(output, format, kit.decoder.sample_rate)
    if target.is_file and len(sources) > 1:
        raise typer.BadParameter(f"{output} is one file, {len(sources)} recordings are named; give a folder.")
    with Batch(verb="converted", total=len(sources), quiet=quiet, fail_fast=fail_fast) as batch:
        for source in sources:
            with batch.item(source.name):
                _convert_one(kit, source, target, batch, spoken_style, controls, seed, channel)
        batch.finish(output, as_json=json, seed=seed)


def _convert_one(
    kit: "Speechkit",
    source: Source,
    target: Target,
    batch: Batch,
    style: "AnyStyle",
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
    kit: "Speechkit", recording: Recording, batch: Batch, style: "AnyStyle", controls: "Controls", seed: int
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


def _controls(pitch_semitones: float, pitch_range: float, energy_db: float, speed: float) -> "Controls":
    from u2s import Controls

    return Controls(pitch_semitones=pitch_semitones, pitch_range=pitch_range, energy_db=energy_db, speed=speed)
