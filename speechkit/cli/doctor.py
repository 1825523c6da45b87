"""`speechkit doctor`: what is installed, what is missing, and how fast it is here."""

import importlib.metadata
import json as json_module
import os
import platform
import re
import time
from collections.abc import Callable
from typing import Any

import typer

from speechkit import __version__
from speechkit.cli import options
from speechkit.cli.info import table
from speechkit.errors import SpeechkitError

MEASURED_SECONDS = 8
EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def doctor(models: options.Models = None, threads: options.Threads = None, json: options.Json = False) -> None:
    """Check the installation and measure its speed; exit code 2 when the main job does not work here.

    \b
    speechkit doctor
    speechkit doctor --threads 1 --json
    """
    report: dict[str, Any] = {"speechkit": __version__, "machine": _machine(), "packages": _packages("")}
    report["extras"] = {name: _packages(name) for name in _extras()}
    try:
        report["main job"] = _measured(options.open_kit(models, threads))
        works = True
    except SpeechkitError as error:
        report["main job"] = {"works": False, "because": str(error)}
        works = False
    print(json_module.dumps(report, ensure_ascii=False) if json else "\n".join(_lines(report)))
    if not works:
        raise typer.Exit(2)


def _machine() -> dict[str, Any]:
    import torch

    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "torch threads": torch.get_num_threads(),
        "cuda devices": torch.cuda.device_count(),
    }


def _requirements() -> list[tuple[str, str]]:
    """(extra, package) pairs that the installed speechkit declares; the extra is "" for what it always needs."""
    try:
        lines = importlib.metadata.requires("speechkit") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    found = []
    for line in lines:
        extra, name = EXTRA.search(line), NAME.match(line)
        if name:
            found.append((extra[1] if extra else "", name[0]))
    return found


def _extras() -> list[str]:
    return list(dict.fromkeys(extra for extra, _ in _requirements() if extra))


def _packages(extra: str) -> dict[str, str]:
    return {package: _version(package) for group, package in _requirements() if group == extra}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _measured(kit: Any) -> dict[str, Any]:
    """Real-time factors of encode and decode on noise, which costs what speech costs; the better of two runs."""
    import numpy as np
    import torch

    rate = kit.encoder.config.sample_rate
    noise = (0.1 * np.random.default_rng(0).standard_normal(MEASURED_SECONDS * rate)).astype(np.float32)
    units = kit.encode(noise, rate)
    style = next(iter(kit.voices.values()), None)
    if style is None:
        style = torch.nn.functional.one_hot(torch.tensor(0), kit.decoder.config.style_dim).float()
    return {
        "works": True,
        "voices": ", ".join(kit.voices) or "none",
        "encode real-time factor": round(_best(lambda: kit.encode(noise, rate)) / MEASURED_SECONDS, 4),
        "decode real-time factor": round(_best(lambda: kit.decode(units, style)) / MEASURED_SECONDS, 4),
        "first sound after seconds": round(_best(lambda: next(iter(kit.decode_stream(units, style)))), 4),
    }


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(2):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _lines(report: dict[str, Any]) -> list[str]:
    lines = table({key: value for key, value in report.items() if key != "extras"})
    if not report["packages"]:
        lines.append("extras  unknown: speechkit is not installed as a package here (pip install -e .)")
    for extra, packages in report["extras"].items():
        missing = [name for name, version in packages.items() if version == "missing"]
        state = f"missing {', '.join(missing)}: pip install 'speechkit[{extra}]'" if missing else "complete"
        lines.append(f"extra {extra:<12} {state}")
    return lines
