"""The command that makes a style corpus: clips of engines or recordings, rendered in many styles, written as FLAC.

    python -m recipes.style_corpus --source recordings:kokoro_en --source recordings:hibari_en -o style/ --minutes 90

The same sentence is rendered in several styles, those that the voice has least of first. Every clip keeps where it comes
from and by which numbers it was rendered. An interrupted run goes on where it stopped.
"""

import argparse
import json
import multiprocessing
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice, product
from pathlib import Path

from rich.progress import Progress

from prototypes.targets import EMOTIONS, PITCHES
from recipes.corpora.engine import Waveform
from recipes.corpora.engines import ENGINES, EngineSpec, open_engine
from recipes.corpora.texts import read_manifest, split_of, text_hash
from recipes.style_corpus.styles import rendering
from recipes.style_corpus.world import LEVEL, analyse, at_level, render
from speechkit.errors import ConfigError, SpeechkitError, TextError
from speechkit.types import Speech
from speechkit.waveform import resample, save

STYLES = tuple(product(EMOTIONS, PITCHES))
SAMPLE_RATE = 24000


@dataclass(frozen=True, kw_only=True)
class Source:
    """One sentence of one voice, and the styles to render it in."""

    spec: EngineSpec
    text: str
    language: str
    voice: str
    gender: str
    styles: tuple[tuple[str, str], ...] = ()

    @property
    def speaker(self) -> str:
        """Name of the voice across engines; recordings carry theirs."""
        return self.voice if self.spec.name == "recordings" else f"{self.spec.name}_{self.voice}"

    @property
    def name(self) -> str:
        """The same on every run: speaker and a hash of the words."""
        return f"{self.speaker}_{text_hash(self.text)[:12]}"


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """Renditions of one source: style -> (samples, what was changed)."""

    source: Source
    clips: tuple[tuple[tuple[str, str], Waveform, dict[str, object]], ...] = ()
    problem: str = ""


def restyle(source: Source, shortest: float, longest: float, spread: float) -> Rendered:
    """Say, analyse once, render in every style of the source. The intensity varies by up to `spread` either way."""
    try:
        waveform, sample_rate = open_engine(source.spec).speak(source.text, source.voice, source.language)
    except TextError as error:
        return Rendered(source=source, problem=str(error))
    waveform = resample(waveform, sample_rate, SAMPLE_RATE)
    if not shortest <= len(waveform) / SAMPLE_RATE <= longest:
        return Rendered(source=source, problem=f"{len(waveform) / SAMPLE_RATE:.1f} s long")
    try:
        analysis = analyse(waveform, SAMPLE_RATE)
    except SpeechkitError as error:
        return Rendered(source=source, problem=str(error))
    clips = []
    for style in source.styles:
        draw = random.Random(f"{source.name} {style}")
        intensity = round(1.0 + draw.uniform(-spread, spread), 3)
        change = rendering(*style, intensity=intensity)
        clip = (
            at_level(waveform, LEVEL, SAMPLE_RATE) if change.plain else render(analysis, change, draw.getrandbits(31))
        )
        clips.append((style, clip, {"intensity": intensity, **asdict(change)}))
    return Rendered(source=source, clips=tuple(clips))


class StyleCorpus:
    """A folder that grows: `manifest.jsonl` and `audio/*.flac`; a row comes when its clip is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        manifest = folder / "manifest.jsonl"
        rows = read_manifest(manifest) if manifest.exists() else []
        self.done = {str(row["source"]) for row in rows}
        self.seconds = sum(float(str(row["duration_seconds"])) for row in rows)
        self.by_gender = Counter[str]()
        self.counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for row in rows:
            self.by_gender[str(row["gender"])] += float(str(row["duration_seconds"]))  # type: ignore[assignment]
            self.counts[str(row["speaker"])][str(row["emotion"]), str(row["pitch"])] += 1

    def add(self, rendered: Rendered) -> None:
        """Write every rendition and its row."""
        source = rendered.source
        if rendered.problem:
            self.counts[source.speaker].subtract(source.styles)
        with (self.folder / "manifest.jsonl").open("a", encoding="utf-8") as manifest:
            for (emotion, pitch), waveform, change in rendered.clips:
                audio = f"audio/{source.name}_{emotion}_{pitch}.flac"
                save(self.folder / audio, Speech(samples=waveform, sample_rate=SAMPLE_RATE))
                seconds = round(len(waveform) / SAMPLE_RATE, 3)
                row = {
                    "audio": audio, "text": source.text, "language": source.language, "speaker": source.speaker,
                    "gender": source.gender, "split": split_of(source.text), "duration_seconds": seconds,
                    "style": f"{emotion}-{pitch}", "emotion": emotion, "pitch": pitch,
                    "source": source.name, "engine": source.spec.name, "voice": source.voice, "rendering": change,
                }  # fmt: skip
                manifest.write(json.dumps(row, ensure_ascii=False) + "\n")
                self.seconds += seconds


def parse_source(text: str) -> EngineSpec:
    """`engine` or `engine:folder`, or `endpoint:URL`; see `recipes.corpora.engines`.

    Raises:
        ConfigError: no such engine.
    """
    name, _, where = text.partition(":")
    if name not in ENGINES:
        raise ConfigError(f"no engine {name!r}; there are {', '.join(ENGINES)}.")
    if name == "endpoint":
        return EngineSpec(name=name, url=where)
    return EngineSpec(name=name, model=Path(where) if where else None)


def sentences_of(spec: EngineSpec, texts: Sequence[Path]) -> Iterator[tuple[str, str, str]]:
    """(voice, text, language) of all that an engine can say: its recordings, or every text by every voice."""
    if spec.name == "recordings":
        rows = read_manifest(spec.folder / "manifest.jsonl")
        yield from ((str(row["speaker"]), str(row["text"]), str(row["language"])) for row in rows)
        return
    for row, voice in product((row for path in texts for row in read_manifest(path)), open_engine(spec).voices):
        yield voice, str(row["text"]), str(row["language"])


def sources_of(specs: Sequence[EngineSpec], texts: Sequence[Path], leave_out: Sequence[str]) -> dict[str, list[Source]]:
    """What every speaker can say, by speaker; each sentence once, shuffled by its hash."""
    found: dict[str, dict[str, Source]] = defaultdict(dict)
    for spec in specs:
        voices = open_engine(spec).voices
        for voice, text, language in sentences_of(spec, texts):
            known = voices[voice]
            if language in known.languages and not any(part in voice for part in leave_out):
                source = Source(spec=spec, text=text, language=language, voice=voice, gender=known.gender)
                found[source.speaker].setdefault(text_hash(text), source)
    return {speaker: [sources[key] for key in sorted(sources)] for speaker, sources in found.items()}


def plan(corpus: StyleCorpus, by_speaker: dict[str, list[Source]], styles_per_clip: int, seed: int) -> Iterator[Source]:
    """Sources without end of turn: genders alternate, in a gender the speaker that had the fewest turns; rarest styles."""
    draw = random.Random(seed)
    turns: Counter[str] = Counter()
    waiting = {speaker: iter(sources) for speaker, sources in by_speaker.items()}
    genders = sorted({sources[0].gender for sources in by_speaker.values()})
    while waiting:
        for gender in genders:
            speakers = [speaker for speaker in waiting if by_speaker[speaker][0].gender == gender]
            if not speakers:
                continue
            speaker = min(speakers, key=lambda name: (turns[name], name))
            turns[speaker] += 1
            source = next((item for item in waiting[speaker] if item.name not in corpus.done), None)
            if source is None:
                del waiting[speaker]
                continue
            counts = corpus.counts[speaker]
            rarest = sorted(STYLES, key=lambda style: (counts[style], draw.random()))[:styles_per_clip]
            counts.update(rarest)
            yield Source(**{**vars(source), "styles": tuple(rarest)})


def restyled(sources: Iterator[Source], args: argparse.Namespace) -> Iterator[Rendered]:
    """Renditions in the order of their sources; with several workers, eight sources each are under way at a time."""
    options = (args.shortest, args.longest, args.spread)
    if args.workers == 1:
        yield from (restyle(source, *options) for source in sources)
        return
    with ProcessPoolExecutor(args.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        while batch := list(islice(sources, 8 * args.workers)):
            yield from (job.result() for job in [pool.submit(restyle, source, *options) for source in batch])


def make(args: argparse.Namespace, report: Callable[[StyleCorpus], None]) -> StyleCorpus:
    """Fill the corpus up to `args.minutes`, resuming what is there, and report after every source."""
    corpus = StyleCorpus(args.output)
    specs = [parse_source(text) for text in args.source]
    sources = plan(corpus, sources_of(specs, args.texts, args.leave_out), args.styles_per_clip, args.seed)
    waiting = (source for source in sources if corpus.seconds < 60 * args.minutes)
    for rendered in restyled(waiting, args):
        corpus.add(rendered)
        report(corpus)
    return corpus


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m recipes.style_corpus", description=__doc__)
    add = top.add_argument
    add(
        "--source",
        action="append",
        required=True,
        help="engine[:folder or URL]: hibari, kokoro:weights/, recordings:clips/",
    )
    add("--texts", type=Path, nargs="*", default=[], help="manifests whose texts are said; recordings bring their own")
    add("--leave-out", nargs="*", default=[], help="parts of the names of voices to leave out")
    add("-o", "--output", type=Path, required=True, help="folder of the corpus")
    add("--minutes", type=float, default=90.0, help="audio to reach, counting what is there")
    add("--styles-per-clip", type=int, default=5, help="styles that a sentence of a voice is rendered in")
    add("--shortest", type=float, default=3.0, help="seconds of the shortest source clip")
    add("--longest", type=float, default=8.0, help="seconds of the longest source clip")
    add("--spread", type=float, default=0.15, help="how much the intensity varies, either way")
    add("--workers", type=int, default=1, help="processes of one thread each")
    add("--seed", type=int, default=0, help="of the choice of styles")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 1 and one line on a user's mistake."""
    args = parser().parse_args(argv)
    try:
        with Progress() as bar:
            task = bar.add_task("minutes", total=args.minutes)
            corpus = make(args, lambda corpus: bar.update(task, completed=corpus.seconds / 60))
    except SpeechkitError as error:
        print(f"error: {error}")
        return 1
    print(f"{corpus.seconds / 60:.1f} minutes in {corpus.folder}")
    return 0
