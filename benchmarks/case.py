"""One measurement in a process of its own, so that its peak memory is its own: `python -m benchmarks.case decode 60 2`."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import speechkit

BLOCK_SECONDS = 10
WARM_UP_SECONDS = 4


def speech_like(seconds: float, sample_rate: int, start: int = 0) -> NDArray[np.float32]:
    """Harmonics with a wandering pitch and a syllable rhythm: float32 [T], the same every time."""
    time_axis = (np.arange(int(seconds * sample_rate)) + start) / sample_rate
    pitch = 140 + 40 * np.sin(2 * np.pi * 0.31 * time_axis)
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 12))
    envelope = np.clip(np.sin(2 * np.pi * 2.1 * time_axis) + 0.4, 0, 1)
    return (0.08 * envelope * voice).astype(np.float32)


def blocks(seconds: float, sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """The same sound in pieces, so that an hour never lies in memory at once."""
    done = 0.0
    while done < seconds:
        piece = min(BLOCK_SECONDS, seconds - done)
        yield speech_like(piece, sample_rate, int(done * sample_rate))
        done += piece


def encode(kit: speechkit.Speechkit, seconds: float) -> dict[str, float]:
    """Stream-encode; first = seconds until the first units."""
    begin, first, count = time.perf_counter(), None, 0
    for units in kit.encoder.encode_stream(blocks(seconds, 16000), 16000):
        first = first or time.perf_counter() - begin
        count += len(units)
    return {"wall": time.perf_counter() - begin, "first": first or 0.0, "units": count}


def decode(kit: speechkit.Speechkit, seconds: float) -> dict[str, float]:
    """Stream-decode units of the test sound, repeated to length; first = seconds until the first samples."""
    ids = kit.encoder.encode(speech_like(8, 16000), 16000).ids
    wanted = np.resize(ids, max(1, int(seconds * 25)))
    style = next(iter(kit.voices.values()))
    begin, first, samples = time.perf_counter(), None, 0
    for piece in kit.decoder.decode_stream(wanted, style, seed=0):
        first = first or time.perf_counter() - begin
        samples += len(piece)
    return {"wall": time.perf_counter() - begin, "first": first or 0.0, "samples": samples}


def main() -> None:
    """kind, seconds, threads, [models folder] -> one JSON line."""
    kind, seconds, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    kit = speechkit.load(Path(sys.argv[4]) if len(sys.argv) > 4 else None)
    run = {"encode": encode, "decode": decode}[kind]
    run(kit, WARM_UP_SECONDS)
    loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run(kit, seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    measured = {"kind": kind, "seconds": seconds, "threads": threads, "real_time_factor": result["wall"] / seconds,
                "first_chunk_ms": 1000 * result["first"], "peak_mb": peak / 1024, "loaded_mb": loaded / 1024}  # fmt: skip
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
