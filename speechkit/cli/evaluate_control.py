"""`speechkit evaluate control`: requested pitch and emotion against what is heard, and the control gate."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechkit.cli.evaluate_options import (
    Asr,
    Cache,
    Json,
    Language,
    Limit,
    Models,
    Output,
    Quiet,
    Scorer,
    Speaker,
    Split,
    Threads,
    carry_out,
    chosen,
    listeners,
    open_kit,
)  # fmt: skip

if TYPE_CHECKING:
    from speechkit.evaluation.listening import Listeners
    from speechkit.evaluation.manifest import Item
    from speechkit.pipeline import Speechkit


def control(
    output: Output,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", "-m", help="Rows to measure [default: the gate on bundled clips].")
    ] = None,
    limit: Limit = None,
    split: Split = None,
    language: Language = None,
    scorer: Scorer = None,
    gate: Annotated[
        bool,
        typer.Option(
            "--gate", help="Speak each row's units in all styles and along all controls; fail if an order breaks."
        ),
    ] = False,
    short: Annotated[
        bool, typer.Option("--short", help="The gate in its short form, for continuous integration.")
    ] = False,
    enrol: Annotated[
        bool,
        typer.Option("--enrol/--strangers", help="Gate: the scorer hears each voice's neutral style say the other rows first."),
    ] = True,
    asr: Asr = None,
    speaker: Speaker = None,
    render: Annotated[
        bool,
        typer.Option(
            "--render", help="Speak each row's own units low, normal and high with the models, and measure that."
        ),
    ] = False,
    voice: Annotated[str, typer.Option("--voice", help="With --render: who speaks.")] = "female",
    semitones: Annotated[float, typer.Option("--semitones", help="With --render: the shift that is asked for.")] = 4.0,
    models: Models = None,
    threads: Threads = None,
    cache: Cache = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Requested pitch and emotion against what is heard; the control gate exits with 1 when an ordering breaks.

    \b
    speechkit evaluate control -o report/                                         the gate, on the bundled clips
    speechkit evaluate control --gate -m data/manifest.jsonl --limit 9 --asr whisper:PATH --speaker resemblyzer -o report/
    speechkit evaluate control -m renditions.jsonl -o report/                     recordings that somebody made
    """
    from speechkit.evaluation.adapters.registry import emotion_scorer
    from speechkit.evaluation.suites.control import ControlSuite, PitchTalker, expand_pitches

    if gate or short or manifest is None:
        items = _gate_items(limit) if manifest is None else chosen(manifest, limit, split, language)
        kit = open_kit(models, threads)
        heard_by = listeners(asr, None, speaker, threads or 1, cache)
        _run_gate(kit, items, output, scorer or "embedded", heard_by, short=short, enrol=enrol, as_json=json, quiet=quiet)
        return
    items = chosen(manifest, limit, split, language)
    talker = None
    if render:
        talker = PitchTalker(open_kit(models, threads), voice=voice, semitones=semitones)
        items = expand_pitches(items)
    suite = ControlSuite(talker=talker, scorer=None if scorer is None else emotion_scorer(scorer))
    carry_out(suite, items, output, as_json=json, quiet=quiet)


def _gate_items(limit: int | None) -> list[Item]:
    """The bundled clips as items."""
    from speechkit.evaluation.manifest import Item
    from speechkit.pipeline import BUNDLED

    record = json_module.loads((BUNDLED / "demo" / "clips.json").read_text(encoding="utf-8"))
    rows = [{**entry, "audio": entry["file"]} for entry in record["clips"]][:limit]
    return [Item(id=Path(row["file"]).stem, row=row, folder=BUNDLED / "demo") for row in rows]


def _run_gate(
    kit: Speechkit,
    items: list[Item],
    output: Path,
    scorer: str,
    heard_by: Listeners,
    *,
    short: bool,
    enrol: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure, report, and leave with 1 when an ordering broke."""
    from speechkit.evaluation.adapters.registry import emotion_scorer
    from speechkit.evaluation.suites.style_control import StyleControlSuite
    from speechkit.evaluation.suites.style_requests import SHORT, StyleControlConfig, expand

    config = SHORT if short else StyleControlConfig()
    bank = kit.styles
    plain = {axis: bank.default(axis) for axis in bank.axes}
    judge = emotion_scorer(scorer)
    suite = StyleControlSuite(kit, scorer=judge, listeners=heard_by, config=config, enrol_on=items if enrol else ())
    wanted = expand(items[:1] if short else items, bank.axes, plain, config)
    report = carry_out(suite, wanted, output, as_json=as_json, quiet=quiet)
    broken = next(result.details["broken"] for result in report.results if result.metric == "gate_failures")
    for name in broken:
        print(f"broken: {name}", file=sys.stderr)
    if broken:
        raise typer.Exit(1)
