"""From a text to the first sound, and to the last: python -m benchmarks.saying [--threads 2] [--models DIR] [--text ...]

The first text is said twice; its first time, with lexicon and tables still to be read, is reported alone ("cold"; models are loaded
before). Then every text is said once, streamed. Seconds on the wall.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch

import speechkit
from speechkit.pipeline import Speechkit

TEXTS = (
    "The train leaves at seven forty five.",
    "I thought you had left.",
    "She asked whether the library would still be open on Sunday afternoon.",
    "Bring the blue umbrella.",
    "Nobody in the village remembered when the bridge had been built.",
    "Yes, of course.",
)


def say(kit: Speechkit, text: str, seed: int = 0) -> dict[str, float]:
    """Seconds to the first and the last sound of one text, and of sound."""
    begin, first, samples = time.perf_counter(), 0.0, 0
    for piece in kit.say_stream(text, seed=seed):
        first = first or time.perf_counter() - begin
        samples += len(piece.samples)
    return {"first": first, "whole": time.perf_counter() - begin, "audio": samples / kit.decoder.sample_rate}


def measure(kit: Speechkit, texts: tuple[str, ...] = TEXTS) -> dict[str, float]:
    """Cold and warm times: milliseconds to the first sound, and the real-time factor over all warm texts."""
    cold = say(kit, texts[0])
    warm = [say(kit, text, seed) for seed, text in enumerate(texts)]
    return {
        "cold_first_ms": 1000 * cold["first"],
        "warm_first_ms": 1000 * statistics.median(row["first"] for row in warm),
        "slowest_first_ms": 1000 * max(row["first"] for row in warm),
        "real_time_factor": sum(row["whole"] for row in warm) / sum(row["audio"] for row in warm),
        "texts": len(texts),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", type=Path, help="folder with s2u/, u2s/, talker/; default: the bundled models")
    parser.add_argument("--text", nargs="+", default=TEXTS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    kit = speechkit.load(options.models)
    kit.talker  # noqa: B018  loaded when it is first asked for
    print(json.dumps({"threads": options.threads} | measure(kit, tuple(options.text)), indent=2))


if __name__ == "__main__":
    main()
