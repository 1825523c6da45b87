"""The command that makes a corpus: sentences from manifests, said by an engine, checked, written as FLAC."""

import argparse
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rich.progress import Progress

from recipes.corpora.checks import Verdict, inspect
from recipes.corpora.engine import Engine
from recipes.corpora.engines import ENGINES, EngineSpec, open_engine
from recipes.corpora.texts import Item, choose_sentences, deal, interleave, parse_voices, read_manifest, split_of
from speechkit.errors import ConfigError, SpeechkitError, TextError
from speechkit.types import Speech
from speechkit.waveform import save


@dataclass(frozen=True, kw_only=True)
class Clip:
    """What a worker hands back."""

    item: Item
    verdict: Verdict
    sample_rate: int = 0
    """Hz."""


class Corpus:
    """A folder that grows: `manifest.jsonl`, `rejected.jsonl` with reasons, `audio/*.flac`. Rows come when clips do."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder, self._engine = folder, engine
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        rows = self._rows("manifest.jsonl")
        self.seconds = sum(float(str(row["duration_seconds"])) for row in rows)
        self.done = {Path(str(row["audio"])).stem for row in rows}
        self.done |= {Path(str(row["audio"])).stem for row in self._rows("rejected.jsonl")}

    def _rows(self, name: str) -> list[dict[str, object]]:
        return read_manifest(self._folder / name) if (self._folder / name).exists() else []

    def waits_for(self, item: Item) -> bool:
        """Whether the clip was neither written nor refused before."""
        return item.clip_id(self._engine.name) not in self.done

    def add(self, clip: Clip) -> None:
        """Write the audio as 16-bit FLAC and append its row; a refused clip leaves a row with the reason."""
        item, waveform = clip.item, clip.verdict.waveform
        clip_id = item.clip_id(self._engine.name)
        row: dict[str, object] = {
            "audio": f"audio/{clip_id}.flac",
            "text": item.text,
            "language": item.language,
            "speaker": f"{self._engine.name}_{item.voice}",
            "gender": self._engine.voices[item.voice].gender,
            "split": split_of(item.text),
        }
        if waveform is None:
            self._append("rejected.jsonl", row | {"reason": clip.verdict.reason})
        else:
            save(self._folder / str(row["audio"]), Speech(samples=waveform, sample_rate=clip.sample_rate))
            seconds = round(len(waveform) / clip.sample_rate, 3)
            self._append("manifest.jsonl", row | {"duration_seconds": seconds})
            self.seconds += seconds
        self.done.add(clip_id)

    def _append(self, name: str, row: dict[str, object]) -> None:
        with (self._folder / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def render(spec: EngineSpec, item: Item) -> Clip:
    """Say one item and judge the clip; runs in a worker, which opens the engine once."""
    try:
        waveform, sample_rate = open_engine(spec).speak(item.text, item.voice, item.language)
    except TextError as error:
        return Clip(item=item, verdict=Verdict(reason=str(error)))
    verdict = inspect(waveform, sample_rate, item.text, item.language)
    return Clip(item=item, verdict=verdict, sample_rate=sample_rate)


def rendered(spec: EngineSpec, items: Iterator[Item], workers: int) -> Iterator[Clip]:
    """Clips in the order they get ready; no more than two items a worker are under way at any time."""
    if workers == 1:
        yield from (render(spec, item) for item in items)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        busy: set[Future[Clip]] = {pool.submit(render, spec, item) for item in islice(items, 2 * workers)}
        while busy:
            ready, busy = wait(busy, return_when=FIRST_COMPLETED)
            busy |= {pool.submit(render, spec, item) for item in islice(items, len(ready))}
            yield from (future.result() for future in ready)


def plan(args: argparse.Namespace, engine: Engine) -> Iterator[Item]:
    """Every sentence and voice, in the order they are said; languages take turns.

    Raises:
        ConfigError: the engine lacks a voice, or no sentence is left for one of the languages.
    """
    weights = parse_voices(args.voices) if args.voices else dict.fromkeys(engine.voices, 1.0)
    if missing := weights.keys() - engine.voices.keys():
        raise ConfigError(f"{engine.name} has no voices {sorted(missing)}; it has {', '.join(sorted(engine.voices))}.")
    rows = [row for path in args.texts for row in read_manifest(path)]
    parts = []
    for language in args.languages:
        speakers = {voice: weight for voice, weight in weights.items() if language in engine.voices[voice].languages}
        sentences = choose_sentences(rows, language, args.shortest, args.longest, args.seed)
        if speakers and not sentences:
            raise ConfigError(f"no {language!r} sentence of {args.shortest} to {args.longest} words in --texts.")
        parts.append(deal(sentences, language, speakers, args.voices_per_text))
    return interleave(parts)


def synthesise(args: argparse.Namespace, report: Callable[[Corpus, Clip], None]) -> Corpus:
    """Fill the corpus up to `args.minutes`, resuming what is there, and report after every clip."""
    spec = EngineSpec(name=args.engine, model=args.model, allow_unpinned=args.allow_unpinned)
    engine = open_engine(spec)
    corpus = Corpus(args.output, engine)
    items = (item for item in plan(args, engine) if corpus.waits_for(item) and corpus.seconds < 60 * args.minutes)
    for clip in rendered(spec, items, args.workers):
        corpus.add(clip)
        report(corpus, clip)
    return corpus


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m recipes.corpora", description=__doc__)
    command = top.add_subparsers(dest="command", required=True).add_parser("synthesise", help="make or resume a corpus")
    add = command.add_argument
    add("--engine", required=True, choices=sorted(ENGINES))
    add("--model", type=Path, help="folder of the engine's weights, or of recordings")
    add("--texts", type=Path, nargs="+", required=True, help="manifests whose texts are said; their dev rows are not")
    add("--voices", default="", help="names with optional weights, as in am_michael*3,af_bella; default: all")
    add("--languages", nargs="+", default=["en"], choices=["en", "zh"])
    add("-o", "--output", type=Path, required=True, help="folder of the corpus")
    add("--minutes", type=float, default=30.0, help="audio to reach, counting what is there")
    add("--workers", type=int, default=1, help="processes of one thread each")
    add("--voices-per-text", type=int, default=3, help="voices that say the same sentence")
    add("--shortest", type=int, default=4, help="words of the shortest sentence; two Mandarin characters count as one")
    add("--longest", type=int, default=14, help="words of the longest sentence")
    add("--seed", type=int, default=0, help="order of the sentences")
    add("--allow-unpinned", action="store_true", help="take weights without a pinned SHA-256")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with a progress bar; 1 and one line on a user's mistake."""
    args = parser().parse_args(argv)
    try:
        with Progress() as bar:
            task = bar.add_task("minutes", total=args.minutes)

            def report(corpus: Corpus, clip: Clip) -> None:
                bar.update(task, completed=corpus.seconds / 60)
                if clip.verdict.reason:
                    bar.console.print(f"refused: {clip.item.voice}: {clip.item.text} ({clip.verdict.reason})")

            corpus = synthesise(args, report)
    except SpeechkitError as error:
        print(f"error: {error}")
        return 1
    print(f"{corpus.seconds / 60:.1f} minutes in {args.output}")
    return 0
