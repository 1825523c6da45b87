"""Peers in the same run, through onnxruntime, where their files are given: a Piper voice and Kokoro."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np


def session(path: Path, threads: int) -> Any:
    """An onnxruntime session with a stated number of threads."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])


def piper(voice: Path, threads: int) -> dict[str, Any]:
    """Real-time factor of a Piper voice (`voice.onnx` with `voice.onnx.json` beside it) on 200 phoneme ids."""
    config = json.loads(Path(f"{voice}.json").read_text(encoding="utf-8"))
    ids = np.resize(np.arange(10, 40, dtype=np.int64), (1, 200))
    inputs = {"input": ids, "input_lengths": np.array([200], np.int64), "scales": np.array([0.667, 1.0, 0.8], np.float32)}
    return _timed(session(voice, threads), inputs, config["audio"]["sample_rate"], "piper", threads)


def kokoro(folder: Path, threads: int) -> dict[str, Any]:
    """Real-time factor of Kokoro on 150 phoneme ids and a constant style."""
    model = session(next(folder.rglob("*.onnx")), threads)
    names = [node.name for node in model.get_inputs()]
    ids = np.resize(np.arange(20, 60, dtype=np.int64), (1, 150))
    inputs = {names[0]: ids, names[1]: np.zeros((1, 256), np.float32), names[2]: np.ones(1, np.float32)}
    return _timed(model, inputs, 24000, "kokoro", threads)


def _timed(model: Any, inputs: dict[str, Any], sample_rate: int, name: str, threads: int) -> dict[str, Any]:
    model.run(None, inputs)
    begin = time.perf_counter()
    waveform = model.run(None, inputs)[0]
    seconds = waveform.size / sample_rate
    wall = time.perf_counter() - begin
    return {"kind": name, "seconds": seconds, "threads": threads, "real_time_factor": wall / seconds, "first_chunk_ms": 1000 * wall}
