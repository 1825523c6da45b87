"""A run killed by the system at any moment and started again ends with the same results.json, byte by byte."""

import multiprocessing
import random
import time
import warnings
from pathlib import Path

import pytest

from speechkit.asr.fake import FakeTranscriber
from speechkit.evaluation import read_manifest, run
from speechkit.evaluation.adapters.fakes import FakeQualityJudge, FakeSpeakerEmbedder
from speechkit.evaluation.listening import Listeners
from speechkit.evaluation.remembering import Memory
from speechkit.evaluation.suites.tts import TTSSuite

FORKS = "fork" in multiprocessing.get_all_start_methods()


def evaluate(corpus: Path, folder: Path, times: int = 1) -> None:
    listeners = Listeners(
        transcribers=[FakeTranscriber("hello world")], quality=[FakeQualityJudge()], speakers=[FakeSpeakerEmbedder()]
    )
    for _ in range(times):
        suite = TTSSuite(listeners.remembering(Memory(folder / "heard")))
        run(suite, read_manifest(corpus), folder / "report", workers=2)


@pytest.mark.skipif(not FORKS, reason="this system cannot fork")
def test_killed_at_a_random_moment(corpus: Path, tmp_path: Path) -> None:
    evaluate(corpus, tmp_path / "whole")
    seed = random.randrange(1 << 30)
    moments = random.Random(seed)
    log = tmp_path / "killed/report/items.jsonl"
    for _ in range(4):
        process = multiprocessing.get_context("fork").Process(target=evaluate, args=(corpus, tmp_path / "killed", 10**6))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other tests' threads are idle
            process.start()
        deadline = time.monotonic() + 60
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.05))
        assert process.is_alive()
        process.kill()
        process.join()
    assert log.exists()
    evaluate(corpus, tmp_path / "killed")
    results = [(tmp_path / name / "report/results.json").read_bytes() for name in ("whole", "killed")]
    assert results[0] == results[1], f"seed {seed}"
