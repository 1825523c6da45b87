"""`speechkit encode`: recordings to a units file."""

import sys
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from speechkit.cli import options
from speechkit.cli.batch import Batch
from speechkit.cli.sources import Source, find_sources, open_recording
from speechkit.protocols import Waveform
from speechkit.types import Units
from speechkit.units_file import Utterance, write_units

if TYPE_CHECKING:
    from speechkit.pipeline import Speechkit


class Format(str, Enum):
    """Formats of units files."""

    jsonl = "jsonl"
    text = "text"
    packed = "packed"


def encode(
    inputs: Annotated[list[str], typer.Argument(help="Audio files, folders, quoted globs, or - for standard input.")],
    output: Annotated[str, typer.Option("--output", "-o", help="The units file; - is standard output.")] = "-",
    format: Annotated[Format, typer.Option(help="jsonl to read, text for language models, packed to store.")] = Format.jsonl,
    margins: Annotated[bool, typer.Option("--margins", help="Store how far each unit is from flipping (jsonl only).")] = False,
    channel: options.Channel = None,
    models: options.Models = None,
    threads: options.Threads = None,
    fail_fast: options.FailFast = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Turn recordings into units, 25 a second, one row a recording.

    Any rate and any number of channels is taken; what is resampled or averaged is said. Long recordings are read
    piece by piece. A file that cannot be read is reported and the others go on; the exit code is then 2.

    \b
    speechkit encode talk.wav other.flac -o units.jsonl
    speechkit encode recordings/ --format packed -o corpus.units
    speechkit encode 'clips/**/*.flac' -o units.txt --format text
    ffmpeg -i talk.mp4 -f wav - | speechkit encode - -o units.jsonl
    """
    if output == "-" and json:
        raise typer.BadParameter("units and --json cannot share standard output; name a file with -o.")
    if margins and format is not Format.jsonl:
        raise typer.BadParameter("margins are stored in jsonl only; drop --margins or --format.")
    sources = find_sources(inputs)
    kit = options.open_kit(models, threads)
    with Batch(verb="encoded", total=len(sources), quiet=quiet, fail_fast=fail_fast) as batch:
        rows = encoded(kit, sources, batch, margins=margins, channel=channel)
        first = next(rows, None)  # a run in which everything fails leaves an older file alone
        if first is not None:
            write_units(target(output), chain([first], rows), format=format.value)
        batch.finish(output, as_json=json, format=format.value)


def target(output: str) -> str | BinaryIO:
    """The path, or standard output for "-"."""
    return sys.stdout.buffer if output == "-" else output


def encoded(
    kit: "Speechkit", sources: list[Source], batch: Batch, *, margins: bool, channel: int | None
) -> Iterator[Utterance]:
    """Rows of the recordings that can be read, one at a time."""
    for source in sources:
        row = None
        with batch.item(source.name):
            row = Utterance(id=source.id, units=_units(kit, source, batch, margins, channel))
            batch.succeed(row.units.duration_seconds)
        if row is not None:
            yield row


def _units(kit: "Speechkit", source: Source, batch: Batch, margins: bool, channel: int | None) -> Units:
    rate = kit.encoder.config.sample_rate
    with open_recording(source, rate, channel) as recording:
        units = kit.encode_blocks(watched(recording.blocks, rate, recording.seconds, batch), rate, margins=margins)
        for change in recording.changes:
            batch.note(change)
        return units


def watched(blocks: Iterator[Waveform], sample_rate: int, seconds: float, batch: Batch) -> Iterator[Waveform]:
    """The same blocks; the bar moves with them."""
    for block in blocks:
        yield block
        batch.advance(len(block) / sample_rate / max(seconds, 1e-9))
