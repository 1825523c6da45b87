"""`speechkit prototypes carry | tune`: a bank for another decoder, and emotions that judges hear."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechkit.cli import options
from speechkit.cli.prototypes import calibration_units, open_bank

if TYPE_CHECKING:
    from prototypes import StyleBank
    from s2u import S2U
    from speechkit.types import Units
    from u2s import U2S

SECONDS = 2.4
"""Of every clip that is spoken while tuning."""
Source = Annotated[Path, typer.Argument(help="Folder of the bank to start from.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder of the new bank; may be the same.")]
Previous = Annotated[
    Path | None, typer.Option("--from", help="The u2s/ folder that the bank was built with, where the bank is older.")
]


def carry(
    bank: Source,
    output: Output,
    previous: Previous = None,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Measure all explicit prosody anew; what was tuned by `tune` is lost.")
    ] = False,
    models: options.Models = None,
    quiet: options.Quiet = False,
) -> None:
    """Make a bank out to another decoder with the same style encoder, and correct levels and gains; else refuse."""
    from s2u import S2U
    from speechkit import prototyping

    decoder = _decoder(models)
    found = _carried(bank, decoder, previous)
    encoder = S2U.load(_root(models) / "s2u")
    correct = prototyping.calibrate if calibrate else prototyping.settle
    found = correct(found, decoder, calibration_units(encoder), _dots(quiet))
    _write(output, found, bank, quiet)


def tune(
    bank: Source,
    output: Output,
    judge: Annotated[list[Path], typer.Option("--judge", help="Folder of an emotion scorer to please; repeatable.")],
    manifest: Annotated[
        list[Path] | None,
        typer.Option("--manifest", "-m", help="Clips whose units are spoken; repeatable [default: bundled clips]."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Clips of each, evenly over speakers.")] = 6,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Of moving, each time every knob was measured.")] = 6,
    previous: Previous = None,
    models: options.Models = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Tune how the emotions of a bank are spoken until judges hear them; carries the bank over where it has to.

    \b
    python -m recipes.emotion fit --views views/ --speakers rav01 rav02 --seed 7 -o judge/
    speechkit prototypes tune BANK -o BANK --judge judge/ -m clips.jsonl
    """
    import torch

    from s2u import S2U
    from speechkit import prototyping
    from speechkit.emotion import EmbeddedScorer

    if threads is not None:
        torch.set_num_threads(threads)
    decoder, encoder = _decoder(models), S2U.load(_root(models) / "s2u")
    tell = (lambda line: None) if quiet else (lambda line: print(line, file=sys.stderr, flush=True))
    judges = [EmbeddedScorer.load(folder) for folder in judge]
    tuner = prototyping.Tuner(
        decoder, judges, _units(encoder, manifest, limit), prototyping.TuneConfig(rounds=rounds), tell
    )
    found = tuner.tune(_carried(bank, decoder, previous))
    found = prototyping.settle(found, decoder, calibration_units(encoder), _dots(quiet))
    _write(output, found, bank, quiet)


def _root(models: Path | None) -> Path:
    from speechkit.pipeline import BUNDLED

    return models or BUNDLED


def _decoder(models: Path | None) -> "U2S":
    from u2s import U2S

    return U2S.load(_root(models) / "u2s")


def _carried(bank: Path, decoder: "U2S", previous: Path | None) -> "StyleBank":
    from speechkit.prototyping import carry as carry_over
    from u2s import U2S

    return carry_over(open_bank(bank), decoder, None if previous is None else U2S.load(previous))


def _units(encoder: "S2U", manifests: list[Path] | None, limit: int) -> "list[Units]":
    from speechkit.evaluation.manifest import choose, read_manifest
    from speechkit.waveform import load, resample

    rate = encoder.config.sample_rate
    if not manifests:
        return calibration_units(encoder, SECONDS)
    found = []
    for item in (i for manifest in manifests for i in choose(read_manifest(manifest), limit=limit, spread="speaker")):
        waveform, sample_rate = load(item.path("audio"))
        clip = resample(waveform, sample_rate, rate)
        found.append(encoder.encode(clip[: round(SECONDS * rate)], rate))
    return found


def _dots(quiet: bool) -> Callable[[], None]:
    return (lambda: None) if quiet else (lambda: print(".", end="", file=sys.stderr, flush=True))


def _write(output: Path, bank: "StyleBank", source: Path, quiet: bool) -> None:
    from prototypes.store import bank_report, save_bank
    from speechkit.prototyping import card_of

    report = bank_report(source)
    save_bank(output, bank, card=card_of(bank, report), report=report)
    if not quiet:
        print(f"\n{len(bank)} prototypes in {output}", file=sys.stderr)
