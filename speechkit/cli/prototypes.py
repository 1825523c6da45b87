"""`speechkit prototypes list | show | play | build`: the bank of styles; see `speechkit.cli.tuning` for carry and tune."""

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from speechkit.cli import options
from speechkit.cli.batch import Batch
from speechkit.errors import CheckpointError, StyleError

if TYPE_CHECKING:
    from prototypes import Prototype, StyleBank
    from speechkit.prototyping import LabelledClip
    from speechkit.types import Units

app = typer.Typer(no_args_is_help=True, help="The bank of styles: list it, look into it, hear it, build one.")
Bank = Annotated[Path | None, typer.Option("--bank", help="Folder of a bank (default: the bundled one).")]
CALIBRATION_CLIPS = 3
CALIBRATION_SECONDS = 4.0


def open_bank(folder: Path | None) -> "StyleBank":
    """Read a bank; the bundled one by default."""
    from prototypes import load_bank
    from speechkit.pipeline import BUNDLED

    if folder is None and not (BUNDLED / "prototypes").is_dir():
        raise CheckpointError("this copy of speechkit came without a style bank; name one with --bank.")
    return load_bank(folder or BUNDLED / "prototypes")


@app.command("list")
def list_(bank: Bank = None, json: options.Json = False) -> None:
    """One line a style: score, candidates, level, source."""
    rows = [_facts(item) for item in open_bank(bank)]
    if json:
        print(json_module.dumps(rows, ensure_ascii=False))
        return
    print(f"{'style':24} {'score':>6} {'of':>4} {'Hz':>7}  source")
    for row in rows:
        level = "–" if row["pitch_hz"] is None else f"{row['pitch_hz']:.1f}"
        print(f"{row['style']:24} {row['score']:6.3f} {row['candidates']:4} {level:>7}  {row['source']}")


def _facts(item: "Prototype") -> dict[str, Any]:
    clips: Any = item.record.get("clips", [])
    names = ", ".join(str(clip.get("audio", "")) for clip in clips)
    return {
        "style": item.name,
        "score": item.score,
        "candidates": item.candidates,
        "pitch_hz": item.pitch_hz,
        "source": names,
    }


@app.command()
def show(
    what: Annotated[str, typer.Argument(help="A style, such as female-happy-high, or a value, such as happy.")],
    bank: Bank = None,
) -> None:
    """Everything that the bank knows of a style, or of all styles with a value: prosody, clips, scores; JSON."""
    found = open_bank(bank)
    items = [item for item in found if what == item.name or what in item.labels.values()]
    if not items:
        raise StyleError(f"no style is called {what!r} or has that value; there are {', '.join(found.names)}.")
    facts = [
        {"style": item.name, **_facts(item), "prosody": vars(item.prosody), "record": dict(item.record)}
        for item in items
    ]
    print(json_module.dumps(facts, indent=2, ensure_ascii=False))


@app.command()
def play(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page.")] = Path("prototypes_output"),
    audio: Annotated[Path | None, typer.Option("--audio", help="Say these words instead of a bundled clip's.")] = None,
    intensity: options.Intensity = 1.0,
    models: options.Models = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Say one sentence in every style, and make a page to listen to all of them."""
    from speechkit.styles_page import write_styles_page
    from speechkit.waveform import load, resample

    kit = options.open_kit(models, threads)
    rate = kit.encoder.config.sample_rate
    waveform, sample_rate = _bundled_clip() if audio is None else load(audio)
    units = kit.encode(resample(waveform, sample_rate, rate), rate)
    with Batch(verb="spoken", total=len(kit.styles), quiet=quiet) as batch:
        write_styles_page(output, kit, units, intensity, tell=lambda name, seconds: _tell(batch, name, seconds))
        batch.finish(str(output / "index.html"), as_json=False)


def _tell(batch: Batch, name: str, seconds: float) -> None:
    with batch.item(name):
        batch.succeed(seconds)


def _bundled_clip() -> Any:
    from speechkit.demo import bundled_clips

    clip = bundled_clips()[0]
    return clip.samples, clip.sample_rate


@app.command()
def build(
    clips: Annotated[Path, typer.Argument(help="Manifest, or folder with one, or of folders gender/emotion/pitch/.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bank.")],
    scorer: Annotated[str, typer.Option("--scorer", help="embedded, emotion2vec:FOLDER, or none.")] = "embedded",
    axes: Annotated[
        str | None, typer.Option("--axes", help="Such as 'gender=female,male;emotion=neutral,happy'.")
    ] = None,
    speaker: Annotated[
        list[str] | None, typer.Option("--speaker", help="Use clips of this speaker only; repeatable.")
    ] = None,
    best: Annotated[int, typer.Option("--best", min=1, help="1: the best clip; more: the centre of so many.")] = 1,
    min_candidates: Annotated[int, typer.Option("--min-candidates", min=1, help="Clips that every style needs.")] = 8,
    calibrate: Annotated[bool, typer.Option(help="Measure the vectors and make up the difference explicitly.")] = True,
    models: options.Models = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Build a bank: score every clip, keep the best of each style, measure what the decoder makes of it.

    \b
    speechkit prototypes build clips/ -o my_bank --scorer emotion2vec:/models/emotion2vec
    """
    import torch

    from prototypes.store import save_bank
    from prototypes.targets import AXES
    from s2u import S2U
    from speechkit import prototyping
    from speechkit.emotion import scorer as make_scorer
    from speechkit.pipeline import BUNDLED
    from u2s import U2S

    if threads is not None:
        torch.set_num_threads(threads)
    root, wanted = models or BUNDLED, AXES if axes is None else parse_axes(axes)
    decoder = U2S.load(root / "u2s")
    found: list[LabelledClip] = prototyping.clips_of(clips, wanted, speaker or ())
    judge = None if scorer == "none" else make_scorer(scorer)
    step = (lambda: None) if quiet else (lambda: print(".", end="", file=sys.stderr, flush=True))
    bank, report = prototyping.build(
        found, decoder, judge, axes=wanted, best=best, min_candidates=min_candidates, progress=step
    )
    if calibrate:
        bank = prototyping.calibrate(bank, decoder, calibration_units(S2U.load(root / "s2u")), step)
    save_bank(output, bank, card=prototyping.card_of(bank, report), report=report)
    if not quiet:
        print(f"\n{len(bank)} prototypes of {len(found)} clips in {output}", file=sys.stderr)


def parse_axes(text: str) -> dict[str, tuple[str, ...]]:
    """Read `gender=female,male;emotion=neutral,happy`.

    Raises:
        StyleError: another form.

    >>> parse_axes("emotion=neutral,happy;speed=slow,fast")
    {'emotion': ('neutral', 'happy'), 'speed': ('slow', 'fast')}
    """
    axes = {}
    for part in text.split(";"):
        name, _, values = part.partition("=")
        found = tuple(value.strip() for value in values.split(",") if value.strip())
        if not name.strip().isidentifier() or not found:
            raise StyleError(f"axes are given as 'gender=female,male;emotion=neutral,happy', got {text!r}.")
        axes[name.strip()] = found
    return axes


def calibration_units(encoder: Any, seconds: float = CALIBRATION_SECONDS) -> "list[Units]":
    """Units of the first seconds of some bundled clips."""
    from speechkit.demo import bundled_clips
    from speechkit.waveform import resample

    rate = encoder.config.sample_rate
    parts = []
    for clip in bundled_clips()[:CALIBRATION_CLIPS]:
        samples = clip.samples[: round(seconds * clip.sample_rate)]
        parts.append(encoder.encode(resample(samples, clip.sample_rate, rate), rate))
    return parts
