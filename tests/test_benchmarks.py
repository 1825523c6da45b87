"""The benchmark runs end to end on tiny models, and says why a peer is missing."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from tiny_models import save_tiny_models

from benchmarks.case import blocks, speech_like
from benchmarks.everyday import everyday

ROOT = Path(__file__).parents[1]


def test_blocks_cover_the_wanted_time() -> None:
    pieces = list(blocks(25.5, 16000))
    assert sum(map(len, pieces)) == 408_000
    np.testing.assert_array_equal(speech_like(1, 16000), speech_like(1, 16000))


def test_report(tmp_path: Path) -> None:
    models, output = save_tiny_models(tmp_path / "models"), tmp_path / "bench.json"
    arguments = ["--lengths", "1", "--threads", "1", "--models", str(models), "-o", str(output)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = {row["kind"]: row for row in json.loads(output.read_text(encoding="utf-8"))["rows"]}
    assert rows["encode"]["real_time_factor"] > 0 and rows["decode"]["peak_mb"] > 0
    assert "--piper" in rows["piper"]["skipped"]


def test_everyday_sentences_are_the_same_wherever_they_are_made(tmp_path: Path) -> None:
    texts = ["你今天好吗？", "我想喝一杯茶。", "太短", "Hello 你好吗今天", "我想喝一杯茶。"]
    (tmp_path / "a.yml").write_text("conversations:\n- - " + "\n  - ".join(texts), encoding="utf-8")
    (tmp_path / "b.yml").write_text("conversations:\n- - 明天会下雨吗\n  - 7\n", encoding="utf-8")
    found = everyday(tmp_path, 9)
    assert sorted(found) == sorted({"你今天好吗？", "我想喝一杯茶。", "明天会下雨吗"})
    assert everyday(tmp_path, 2) == found[:2]
