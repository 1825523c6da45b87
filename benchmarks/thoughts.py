"""Valid thoughts: 200 mixed turns through the cascade: python -m benchmarks.thoughts [--model smol] [--turns 200]

English and Mandarin, voices of every emotion, typed turns, silence and earlier turns in between. A turn is valid when its chain
of thought reads back from what was streamed, field by field and without a problem, fits the schema, follows the strategy table,
and answers in the user's language.
"""

import argparse
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from speechkit.protocols import Direction, Reply, Turn, Waveform
from speechkit.thinker.answers import language_of
from speechkit.thinker.cascade import CascadeConfig, CascadeThinker
from speechkit.thinker.formats import parse_thoughts
from speechkit.thinker.registry import text_model
from speechkit.thinker.strategies import EMOTIONS, STRATEGIES, SUITS
from speechkit.thinker.text_model import TextModel, WritingConfig
from speechkit.thinker.text_transformers import load_text_model
from speechkit.thinker.thoughts import thoughts_from_json, thoughts_to_json

ENGLISH = (
    "I failed my exam and I do not know what to do.", "We won the match!", "You broke my phone again.",
    "What is the capital of France?", "My dog died this morning.", "I got the job I always wanted.",
    "They never listen to me at work.", "Can you help me move this table?", "There is someone outside my window.",
    "The soup smells terrible.", "Guess who I met today!", "I am so tired.", "Tell me a story.", "He lied to me.",
    "Is it going to rain tomorrow?", "Nobody came to my birthday.", "I think I am lost.", "Well, that was unexpected.",
    "Thank you, you are very kind.", "Um.", "Why does the sky look blue?", "I hate waiting in line.",
    "My daughter took her first steps.", "The doctor wants to see me again.", "Let us talk about something else.",
)  # fmt: skip
MANDARIN = (
    "我考试没过，不知道怎么办。", "我们赢了比赛！", "你又把我的手机弄坏了。", "法国的首都是哪里？", "我的狗今天早上死了。",
    "我得到了一直想要的工作。", "同事从来不听我说话。", "你能帮我搬桌子吗？", "窗户外面有人。", "这汤闻起来真恶心。",
    "你猜我今天遇见谁了！", "我好累。", "给我讲个故事吧。", "他骗了我。", "明天会下雨吗？", "没有人来我的生日。", "我好像迷路了。",
    "真没想到会这样。", "谢谢你，你真好。", "嗯。", "天为什么是蓝的？", "我讨厌排队。", "女儿今天第一次走路了。",
    "医生要我再去一趟。", "我们聊点别的吧。",
)  # fmt: skip
HISTORY = (Turn(text="Hello."), Turn(role="assistant", text="Hello. How are you?"))


class Hears:
    """Transcriber and emotion scorer in one, told beforehand."""

    name = "told"
    labels: tuple[str, ...] = EMOTIONS

    def __init__(self) -> None:
        self.words, self.scores = "", dict.fromkeys(EMOTIONS, 0.0)

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """The words."""
        return self.words

    def score(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """The scores."""
        return self.scores


def scripted(hears: Hears, turns: int) -> Iterator[tuple[str, list[Turn]]]:
    """Kind and turns, the same every time."""
    noise = np.random.default_rng(0)
    sound = (0.1 * noise.standard_normal(8000)).astype(np.float32)
    sentences = itertools.cycle(itertools.chain.from_iterable(zip(ENGLISH, MANDARIN, strict=True)))
    for number in range(turns):
        hears.words = next(sentences)
        weights = noise.dirichlet(np.full(len(EMOTIONS), 0.3))
        hears.scores = dict(zip(EMOTIONS, weights.tolist(), strict=True))
        before = list(HISTORY) if number % 5 == 4 else []
        if number % 20 == 13:
            yield "silence", [*before, Turn(audio=np.zeros(8000, np.float32), sample_rate=16000)]
        elif number % 10 == 7:
            yield "typed", [*before, Turn(text=hears.words)]
        else:
            yield "spoken", [*before, Turn(audio=sound, sample_rate=16000, language=language_of(hears.words))]


def faults(kind: str, hears: Hears, items: list[Any]) -> list[str]:
    """What is wrong with an answer."""
    reply, written = items[-1], "".join(item for item in items if isinstance(item, str))
    parsed = parse_thoughts(written, expect="with_asr" if kind == "spoken" else "full")
    strategy = STRATEGIES[reply.direction.strategy]
    suited = ("ask",) if kind == "silence" else SUITS[max(hears.scores, key=lambda name: hears.scores[name])]
    checks = {
        "reads back": parsed.thoughts == reply.thoughts and not parsed.problems,
        "schema": thoughts_from_json(thoughts_to_json(reply.thoughts)) == reply.thoughts,
        "strategy table": kind == "typed" or strategy.name in suited,
        "header": reply.direction.style == strategy.style,
        "direction first": isinstance(items[0], Direction) and items[0] == reply.direction,
        "language": kind == "silence" or language_of(reply.text) == language_of(hears.words),
    }
    return [name for name, held in checks.items() if not held]


def run(thinker: CascadeThinker, hears: Hears, turns: int) -> dict[str, Any]:
    """All turns; counts of faults, problems and strategies."""
    wrong: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    strategies: Counter[str] = Counter()
    valid, begin, busy = 0, time.perf_counter(), time.process_time()
    for number, (kind, conversation) in enumerate(scripted(hears, turns), start=1):
        items = list(thinker.stream(conversation))
        reply = items[-1]
        assert isinstance(reply, Reply)
        found = faults(kind, hears, items)
        valid += not found
        wrong.update(found)
        problems.update(problem.partition(":")[0] for problem in reply.problems)
        strategies[reply.direction.strategy] += 1
        if number % 20 == 0:
            print(f"{number} turns, {valid} valid, {time.perf_counter() - begin:.0f} s; last: {reply.text}", flush=True)
    return {
        "model": thinker.text_model.name, "turns": turns, "valid": valid, "faults": dict(wrong), "problems": dict(problems),
        "strategies": dict(strategies), "seconds_per_turn": round((time.perf_counter() - begin) / turns, 2),
        "cpu_seconds_per_turn": round((time.process_time() - busy) / turns, 2),
    }  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smol", help="as in --thinker cascade:MODEL")
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--sentences", type=int, default=2, help="longest response, in sentences")
    parser.add_argument("--tokens", type=int, default=40, help="longest response, in tokens")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", default="float32", help="of a local model: float32, or bfloat16 where the CPU has it")
    parser.add_argument("-o", "--output", type=Path, help="JSON")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    remote = options.model.startswith("http") or options.model == "template"
    writing = WritingConfig(max_new_tokens=options.tokens)
    model: TextModel = text_model(options.model) if remote else load_text_model(options.model, writing, dtype=options.dtype)
    hears = Hears()
    config = CascadeConfig(max_sentences=options.sentences)
    report = run(CascadeThinker(model, transcriber=hears, scorer=hears, config=config), hears, options.turns)
    print(json.dumps(report, ensure_ascii=False, indent=2))
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
