"""Options and the run that all `speechkit evaluate` commands share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from speechkit.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from speechkit.evaluation.listening import Listeners
    from speechkit.evaluation.manifest import Item
    from speechkit.evaluation.runner import Report
    from speechkit.evaluation.suite import Suite
    from speechkit.pipeline import Speechkit
    from speechkit.types import Speech

MOST_WORKERS = 4
AUDIO = (".wav", ".flac", ".ogg", ".opus", ".mp3")
INTERRUPTED = 130
"""Exit code after Ctrl-C; what was measured is kept, the same command goes on."""

Manifest = Annotated[
    Path, typer.Option("--manifest", "-m", help="JSON lines that name the items; see docs/evaluation.md.")
]
Manifests = Annotated[
    list[Path],
    typer.Option("--manifest", "-m", help="JSON lines that name the items; repeatable: the limit counts for each."),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder of the report; a started one goes on.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many items, evenly over speakers.")]
Split = Annotated[str | None, typer.Option("--split", help="Rows of this split only.")]
Language = Annotated[str | None, typer.Option("--language", help="Rows of this language only: en or zh.")]
Models = Annotated[
    Path | None, typer.Option("--models", help="Folder with s2u/ and u2s/ [default: the bundled models].")
]
Asr = Annotated[
    list[str] | None,
    typer.Option(
        "--asr",
        help="Recogniser, repeatable: whisper:PATH, whisper-onnx:PATH, moonshine:PATH, whisper-transformers:PATH, funasr:ID.",
    ),
]
Quality = Annotated[
    list[str] | None, typer.Option("--quality", help="Opinion score, repeatable: dnsmos, utmos22:PATH, utmosv2:PATH.")
]
Speaker = Annotated[list[str] | None, typer.Option("--speaker", help="Voice vectors for similarity: resemblyzer.")]
Judge = Annotated[str, typer.Option("--judge", help="stub:FILE, replay:FILE, or the base URL of a chat server.")]
JudgeModel = Annotated[str, typer.Option("--judge-model", help="Name of the model behind the URL.")]
MediaStyle = Annotated[str, typer.Option("--media-style", help="How files are sent: gemini_image_url, openai, vllm.")]
RecordTo = Annotated[Path | None, typer.Option("--record", help="Write the judge's answers here, for replay:FILE.")]
Scorer = Annotated[
    str | None, typer.Option("--scorer", help="Recogniser of emotions; not needed where rows hold scores or answers.")
]
Protocol = Annotated[
    str, typer.Option("--protocol", help="Text protocol: emova_tts, emova_asr, emova_instr, seedtts, emoomni.")
]
Parity = Annotated[
    bool,
    typer.Option("--parity", help="Error rates with the quirks of the published scripts, for comparison with them."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="CPU threads for each item [default: the cores, shared out].")
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Items measured at the same time [default: one a core, at most 4; with --threads 1]."
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache", help="Keep here what recognisers and judges said, by content: hearing the same clip again is free."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print a summary for programs, one JSON object, on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]


def chosen(
    manifest: Path, limit: int | None, split: str | None, language: str | None, *, spread: str = "speaker"
) -> list[Item]:
    """Items of a manifest after the filters.

    Raises:
        ManifestError: nothing is left.
    """
    from speechkit.evaluation.manifest import choose, read_manifest

    everything = read_manifest(manifest)
    items = choose(everything, limit=limit, split=split, language=language, spread=spread)
    if not items:
        wanted = ", ".join(f"{name} {value}" for name, value in (("split", split), ("language", language)) if value)
        raise ManifestError(f"{manifest} has {len(everything)} rows, none of them for {wanted or 'this suite'}.")
    return items


def chosen_of_all(manifests: list[Path], limit: int | None, split: str | None, language: str | None) -> list[Item]:
    """Items of several manifests, measured as one set; ids then begin with the manifest's folder.

    Raises:
        ManifestError: nothing is left of one of them, or two are in folders of the same name.
    """
    found = [chosen(manifest, limit, split, language) for manifest in manifests]
    if len(manifests) == 1:
        return found[0]
    names = [manifest.resolve().parent.name for manifest in manifests]
    if len(set(names)) < len(names):
        raise ManifestError(f"manifests in folders of the same name cannot be told apart: {', '.join(sorted(names))}.")
    return [replace(item, id=f"{name}/{item.id}") for name, items in zip(names, found, strict=True) for item in items]


def shared_out(workers: int | None, threads: int | None) -> tuple[int, int]:
    """Items at a time, and threads for each, so that together they take all cores unless the user says otherwise.

    The environment's OMP_NUM_THREADS, where it is set, is the most threads that an item takes.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers is None:
        workers = 1 if threads is not None else min(cores, MOST_WORKERS)
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    most = int(wanted) if wanted.isdigit() else cores
    return workers, threads or max(1, min(cores // workers, most))


def listeners(
    asr: Sequence[str] | None,
    quality: Sequence[str] | None,
    speaker: Sequence[str] | None,
    threads: int,
    cache: Path | None = None,
    *,
    parity: bool = False,
) -> Listeners:
    """Load the listeners that the options name; with a cache they remember."""
    from speechkit.cli.options import open_transcriber
    from speechkit.evaluation.adapters.registry import quality_judge, speaker_embedder
    from speechkit.evaluation.listening import Listeners
    from speechkit.evaluation.remembering import Memory
    from speechkit.metrics.text_protocols import to_simplified

    found = Listeners(
        transcribers=[open_transcriber(spec, threads) for spec in asr or ()],
        quality=[quality_judge(spec, threads=threads) for spec in quality or ()],
        speakers=[speaker_embedder(spec, threads=threads) for spec in speaker or ()],
        simplify=to_simplified if find_spec("zhconv") else None,
        parity=parity,
    )
    return found if cache is None else found.remembering(Memory(cache))


def recordings_in(path: Path | None) -> list[Speech]:
    """A recording, or all recordings of a folder, in the order of their names; none without a path.

    Raises:
        ManifestError: a folder without recordings. AudioFileError: a file that is none.
    """
    from speechkit.types import Speech
    from speechkit.waveform import load

    if path is None:
        return []
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in AUDIO) if path.is_dir() else [path]
    if not files:
        raise ManifestError(f"{path} holds no recordings ({', '.join(sorted(AUDIO))}).")
    loaded = [load(file) for file in files]
    return [Speech(samples=samples, sample_rate=rate) for samples, rate in loaded]


def open_kit(models: Path | None, threads: int | None) -> Speechkit:
    """Load the models and set the threads."""
    import torch

    from speechkit.pipeline import load

    if threads is not None:
        torch.set_num_threads(threads)
    return load(models)


def carry_out(
    suite: Suite, items: Sequence[Item], output: Path, *, as_json: bool, quiet: bool, workers: int = 1
) -> Report:
    """Run with a progress bar, print the figures.

    Raises:
        typer.Exit: 130 after Ctrl-C, 2 when every item was skipped.
    """
    from speechkit.evaluation.runner import run

    with _progress(quiet) as tell:
        try:
            report = run(suite, items, output, progress=tell, workers=workers)
        except KeyboardInterrupt:
            print(
                f"stopped; measured items are kept. Run the same command again to go on in {output}.", file=sys.stderr
            )
            raise typer.Exit(INTERRUPTED) from None
    _print_report(report, suite.name, len(items), as_json, quiet)
    document = json.loads((output / "results.json").read_text(encoding="utf-8"))
    if items and len(document["skipped_items"]) == len(items):
        print(f"error: all {len(items)} items were skipped; {output / 'items.jsonl'} says why.", file=sys.stderr)
        raise typer.Exit(2)
    return report


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, name: bar.update(task, completed=done, total=total, description=name[-40:])


def _print_report(report: Report, suite: str, items: int, as_json: bool, quiet: bool) -> None:
    if as_json:
        figures = {result.metric: result.value for result in (*report.results, *report.timings)}
        print(
            json.dumps(
                {"suite": suite, "items": items, "report": str(report.folder), "values": figures}, ensure_ascii=False
            )
        )
    elif not quiet:
        for result in (*report.results, *report.timings):
            value = "–" if result.value is None else f"{result.value:.4g}"
            note = f"  ({result.null_reason})" if result.null_reason else ""
            span = f"  [{result.ci95[0]:.4g}, {result.ci95[1]:.4g}]" if result.ci95 else ""
            print(f"{result.metric:42} {value:>9} {result.unit}{span}  n={result.n}{note}")
    if not quiet:
        print(f"report: {report.folder / 'index.html'}", file=sys.stderr)
