"""`speechkit evaluate ...`: run a suite over a manifest and write a report, or compare two reports."""

from __future__ import annotations

import json as parser
from pathlib import Path
from typing import Annotated

import typer

from speechkit.cli import evaluate_control, evaluate_judged, evaluate_speech
from speechkit.cli.evaluate_options import Json, Quiet

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="""Run models against metrics and write a report: results.json, one line an item, a page to look at and listen to.

    A stopped run goes on when the same command is given again. What each suite measures and what its manifest holds:
    docs/evaluation.md.

    \b
    speechkit evaluate tokenizer   -m MANIFEST --split dev -o report/tokenizer
    speechkit evaluate resynthesis -m MANIFEST --split dev -o report/a --asr whisper:base --quality dnsmos --cache heard/
    speechkit evaluate compare     report/a report/b -o report/difference
    """,
)
app.command()(evaluate_speech.tokenizer)
app.command()(evaluate_speech.resynthesis)
app.command()(evaluate_speech.tts)
app.command()(evaluate_control.control)
app.command()(evaluate_judged.instruct)
app.command()(evaluate_judged.dialogue)
app.command()(evaluate_judged.emotion)
app.command()(evaluate_judged.affect)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="Folder of the baseline's report.")],
    second: Annotated[Path, typer.Argument(help="Folder of the report that is compared to it.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write comparison.json and index.html here.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Differences of two reports on the items that both have, with 95 % intervals of the paired bootstrap."""
    from speechkit.evaluation.compare import compare_reports, read_report, write_comparison

    a, b = read_report(first), read_report(second)
    comparison = compare_reports(a, b)
    if output is not None:
        write_comparison(output, a, b, comparison)
    if json:
        differences = [result.to_dict() for result in comparison.differences]
        print(parser.dumps({"differences": differences, "notes": list(comparison.notes)}, ensure_ascii=False))
    elif not quiet:
        for note in comparison.notes:
            print(f"note: {note}")
        for result in comparison.differences:
            value = "–" if result.value is None else f"{result.value:+.4g}"
            span = f" [{result.ci95[0]:+.4g}, {result.ci95[1]:+.4g}]" if result.ci95 else ""
            verdict = {True: "  differs", False: "  no clear difference", None: ""}[result.details.get("significant")]
            print(f"{result.metric:42} {value:>9}{span}  n={result.n}{verdict}")
