"""Run the benchmark: python -m benchmarks [--lengths 1,10,60,600,3600] [--threads 1,2] [--piper voice.onnx] [--kokoro DIR]"""

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers import kokoro, piper

ROOT = Path(__file__).parents[1]
DEFAULT_OUTPUT = ROOT / "benchmarks" / "results" / "latest.json"


def measure(kind: str, seconds: float, threads: int, models: Path | None) -> dict[str, Any]:
    """One case in its own process."""
    arguments = [sys.executable, "-m", "benchmarks.case", kind, str(seconds), str(threads), *([str(models)] if models else [])]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"kind": kind, "seconds": seconds, "threads": threads, "skipped": done.stderr.strip().splitlines()[-1]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def peers(options: argparse.Namespace, threads: int) -> list[dict[str, Any]]:
    """Peers that were given; the others say why they are not there."""
    rows = []
    for name, run, path in (("piper", piper, options.piper), ("kokoro", kokoro, options.kokoro)):
        try:
            if path is None:
                raise FileNotFoundError(f"not given; --{name} names its file or folder")
            rows.append(run(path, threads))
        except (ImportError, OSError, StopIteration, KeyError) as error:
            rows.append({"kind": name, "threads": threads, "skipped": str(error)})
    return rows


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    if "skipped" in row:
        return f"{row['kind']:8} skipped: {row['skipped']}"
    memory = f"{row['peak_mb']:7.0f} MB" if "peak_mb" in row else ""
    return (
        f"{row['kind']:8} {row['seconds']:7.0f} s  {row['threads']} threads  "
        f"RTF {row['real_time_factor']:.4f}  first {row['first_chunk_ms']:6.0f} ms  {memory}"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", default="1,10,60,600,3600", help="seconds of sound")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--models", type=Path, help="folder with s2u/ and u2s/; default: the bundled models")
    parser.add_argument("--piper", type=Path, help="a Piper voice, .onnx")
    parser.add_argument("--kokoro", type=Path, help="a folder that holds Kokoro's .onnx")
    parser.add_argument("-o", "--output", type=Path, default=DEFAULT_OUTPUT)
    options = parser.parse_args()
    rows = []
    wanted = [(kind, float(length)) for length in options.lengths.split(",") for kind in ("encode", "decode")]
    for threads in map(int, options.threads.split(",")):
        cases = [measure(kind, seconds, threads, options.models) for kind, seconds in wanted]
        for row in cases + peers(options, threads):
            print(line(row), flush=True)
            rows.append(row)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    report = {"python": platform.python_version(), "machine": platform.machine(), "rows": rows}
    options.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"written to {options.output}")


if __name__ == "__main__":
    main()
