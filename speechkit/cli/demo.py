"""`speechkit demo`: hear the main job, see it, and measure it."""

import json as json_module
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from speechkit.cli import options
from speechkit.cli.batch import Batch
from speechkit.cli.sources import ENDINGS
from speechkit.errors import StyleError

if TYPE_CHECKING:
    from speechkit.demo import ClipResult, DemoClip
    from speechkit.pipeline import Speechkit


def demo(
    audio: Annotated[list[Path] | None, typer.Argument(help="Recordings of your own (default: six bundled clips).")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page.")] = Path("demo_output"),
    seed: options.Seed = 0,
    models: options.Models = None,
    threads: options.Threads = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Speak a few recordings again in every voice, and make a page to listen, look and compare.

    The folder gets index.html with players and plots, audio/, and results.json with the figures measured here.

    \b
    speechkit demo
    speechkit demo talk.wav other.flac -o mine/
    """
    from speechkit.demo import bundled_clips, read_clip, respeak, write_page

    kit = options.open_kit(models, threads)
    if not kit.voices:
        raise StyleError("these models have no voices; build some: python -m recipes.voices build U2S_FOLDER --voice NAME=CLIP")
    paths = [found for path in audio or [] for found in _recordings(path)]
    clips: list[tuple[str, Callable[[], DemoClip]]] = [(str(path), partial(read_clip, path)) for path in paths]
    if not audio:
        clips = [(clip.name, partial(_same, clip)) for clip in bundled_clips()]
    results: list[ClipResult] = []
    with Batch(verb="spoken again:", total=len(clips), quiet=quiet) as batch:
        _warm_up(kit)
        for name, read in clips:
            with batch.item(name):
                results.append(respeak(kit, read(), seed=seed))
                batch.succeed(results[-1].seconds)
        if results:
            report = write_page(output, kit, results, seed=seed)
            if json or not quiet:
                print(json_module.dumps(report, ensure_ascii=False) if json else "\n".join(_lines(report, output)))
        batch.finish(str(output))


def _same(clip: "DemoClip") -> "DemoClip":
    return clip


def _recordings(path: Path) -> list[Path]:
    """The audio files of a folder, or the path itself."""
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS) if path.is_dir() else []
    return found or [path]


def _warm_up(kit: "Speechkit") -> None:
    """Run everything once, so that the first clip is not charged for torch's first calls."""
    rate = kit.encoder.config.sample_rate
    kit.convert(np.zeros(rate, np.float32), rate, next(iter(kit.voices)))


def _lines(report: dict[str, Any], output: Path) -> list[str]:
    figures = report["totals"]
    return [
        f"clips                    {figures['clips']}, {figures['seconds']:.1f} s of speech",
        f"units                    {figures['units']}, {figures['bits_per_second']:.0f} bit/s",
        f"encode real-time factor  {figures['encode_real_time_factor']:.3f}",
        f"decode real-time factor  {figures['decode_real_time_factor']:.3f}",
        f"unit error rate          {100 * figures['unit_error_rate']:.1f} % after decoding and encoding again",
        f"listen and look          {output / 'index.html'}",
    ]
