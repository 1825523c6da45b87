"""From a spoken question to the first sound of the answer, stage by stage: python -m benchmarks.first_audio [--thinker cascade]

Everything is loaded and run once before; the question is all there when the clock starts. Stages follow each other: hear
(recogniser), feel (emotion scorer), choose (intent and strategy), write (until the first sentence is whole), speak (until its first
piece of sound), rest (everything else). Seconds on the wall, and on the CPU, which other work on the machine does not change.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch

import speechkit
from speechkit.asr import transcriber
from speechkit.demo import bundled_clips
from speechkit.dialogue import AudioEvent, Dialogue, DialogueConfig, KitSpeaker, Line, Speaker, ToneSpeaker
from speechkit.dialogue.parts import make_scorer
from speechkit.protocols import EmotionScorer, Transcriber, Waveform
from speechkit.thinker.cascade import CascadeThinker
from speechkit.thinker.text_model import Choice, Message, TextModel, WritingConfig
from speechkit.thinker.text_transformers import load_text_model, quick_dtype
from speechkit.types import Speech

STAGES = ("hear", "feel", "choose", "write", "speak")
Result = TypeVar("Result")


class Clock:
    """Adds up seconds by stage, on the wall and on the CPU."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self.cpu: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self.stopped = False

    def run(self, stage: str, work: Callable[[], Result]) -> Result:
        """Do the work, and charge its time to a stage."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        if not self.stopped:
            self.wall[stage] += time.perf_counter() - wall
            self.cpu[stage] += time.process_time() - cpu
        return result

    def pieces(self, stage: str, items: Iterator[Result]) -> Iterator[Result]:
        """Pass items on, and charge the time that each takes to a stage."""
        while True:
            try:
                item = self.run(stage, lambda: next(items))
            except StopIteration:
                return
            yield item


class Timed:
    """Recogniser, scorer, text model and speaker of a dialogue, each with the clock."""

    def __init__(self, clock: Clock, hears: Transcriber, feels: EmotionScorer | None, model: TextModel, voice: Speaker) -> None:
        self.clock, self.hears, self.feels, self.model, self.voice = clock, hears, feels, model, voice
        self.name, self.sample_rate = "timed", voice.sample_rate
        self.labels: tuple[str, ...] = feels.labels if feels else ()

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """Hear."""
        return self.clock.run("hear", lambda: self.hears.transcribe(waveform, sample_rate, language))

    def score(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """Feel."""
        return self.clock.run("feel", lambda: self.feels.score(waveform, sample_rate) if self.feels else {})

    def choose(self, messages: Sequence[Message], options: Sequence[str]) -> Choice:
        """Choose."""
        return self.clock.run("choose", lambda: self.model.choose(messages, options))

    def write(self, messages: Sequence[Message]) -> Iterator[str]:
        """Write."""
        return self.clock.pieces("write", iter(self.model.write(messages)))

    def speak(self, line: Line) -> Iterator[Speech]:
        """Speak."""
        return self.clock.pieces("speak", iter(self.voice.speak(line)))


def one_turn(parts: Timed, waveform: Waveform, sample_rate: int, config: DialogueConfig) -> dict[str, Any]:
    """Seconds until the first sound, and what was heard and said."""
    parts.clock = clock = Clock()
    thinker = CascadeThinker(parts, transcriber=parts, scorer=parts if parts.feels else None)
    wall, cpu = time.perf_counter(), time.process_time()
    events = Dialogue(thinker=thinker, speaker=parts, config=config).turn_stream(audio=waveform, sample_rate=sample_rate)
    seen: list[Any] = []
    for event in events:
        if isinstance(event, AudioEvent):
            break
        seen.append(event)
    row: dict[str, Any] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    clock.stopped = True
    row["stages"] = {stage: {"wall": clock.wall[stage], "cpu": clock.cpu[stage]} for stage in STAGES}
    row["stages"]["rest"] = {kind: row[kind] - sum(getattr(clock, kind).values()) for kind in ("wall", "cpu")}
    row |= {"heard": seen[0].thoughts.get("asr"), "said": seen[-1].text}
    return row


def medians(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Median seconds over the turns, in all and by stage."""

    def median(values: Iterator[float]) -> float:
        return round(statistics.median(values), 3)

    stages = {
        stage: {kind: median(row["stages"][stage][kind] for row in rows) for kind in ("wall", "cpu")}
        for stage in (*STAGES, "rest")
    }
    return {"wall": median(row["wall"] for row in rows), "cpu": median(row["cpu"] for row in rows), "stages": stages}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smol", help="language model of the cascade: a folder, .gguf file, hub id or smol")
    parser.add_argument("--dtype", default=quick_dtype(), help="default: bfloat16 where the processor has tiles for it")
    parser.add_argument("--audio", type=Path, help="the question (default: a bundled English clip)")
    parser.add_argument("--models", type=Path, help="folder with s2u/, u2s/ and talker/; default: the bundled models")
    parser.add_argument("--asr", default="embedded")
    parser.add_argument("--scorer", default="embedded", help="or none")
    parser.add_argument("--tones", action="store_true", help="a voice of tones instead of the talker's")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, help="JSON")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    kit = speechkit.load(options.models)
    clip = next(clip for clip in bundled_clips() if clip.name.startswith("EN"))
    waveform, rate = speechkit.load_audio(options.audio) if options.audio else (clip.samples, clip.sample_rate)
    hears = transcriber(options.asr, posteriors=kit.phone_posteriors)
    model = load_text_model(options.model, WritingConfig(), dtype=options.dtype)
    voice: Speaker = ToneSpeaker() if options.tones else KitSpeaker(kit)
    parts = Timed(Clock(), hears, make_scorer(options.scorer), model, voice)
    one_turn(parts, waveform, rate, DialogueConfig())
    rows = [one_turn(parts, waveform, rate, DialogueConfig(seed=seed)) for seed in range(options.turns)]
    report = {
        "question_seconds": round(len(waveform) / rate, 2), "heard": rows[0]["heard"], "first_sentence": rows[0]["said"],
        "voice": voice.name, "asr": options.asr, "scorer": options.scorer, "model": model.name, "dtype": options.dtype,
        "threads": options.threads, "turns": options.turns, "median_seconds_to_first_audio": medians(rows),
    }  # fmt: skip
    print(json.dumps(report, ensure_ascii=False, indent=2))
    if options.output:
        options.output.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
