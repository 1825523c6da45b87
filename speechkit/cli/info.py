"""`speechkit info`: what a units file, an audio file or a model folder holds."""

import json as json_module
import math
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from speechkit import waveform
from speechkit.cli import options
from speechkit.cli.sources import ENDINGS
from speechkit.errors import CheckpointError, UnitsFileError
from speechkit.units_file import read_units, sniff


def info(
    path: Annotated[Path | None, typer.Argument(help="A units file, an audio file, or a model folder.")] = None,
    json: options.Json = False,
) -> None:
    """Tell what a file or folder holds; without one, what the bundled models are.

    \b
    speechkit info
    speechkit info units.jsonl
    """
    found = describe(path)
    print(json_module.dumps(found, ensure_ascii=False) if json else "\n".join(table(found)))


def describe(path: Path | None) -> dict[str, Any]:
    """Facts about a path, JSON-ready.

    Raises:
        UnitsFileError, AudioFileError, CheckpointError: nothing there, or damaged.
    """
    if path is None:
        from speechkit.pipeline import BUNDLED

        if not (BUNDLED / "s2u").is_dir():
            raise CheckpointError("this copy of speechkit came without its default models; name a model folder.")
        path = BUNDLED
    if path.is_dir():
        return _describe_folder(path)
    if path.suffix.lower() in ENDINGS:
        return _describe_audio(path)
    return _describe_units(path)


def table(facts: dict[str, Any], indent: str = "") -> list[str]:
    """Nested facts as aligned lines."""
    width = max((len(key) for key, value in facts.items() if not isinstance(value, dict)), default=0)
    lines = []
    for key, value in facts.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}", *table(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key:<{width}}  {value}")
    return lines


def _describe_audio(path: Path) -> dict[str, Any]:
    found = waveform.info(path)
    facts = {"audio file": str(path), "encoding": found.encoding, "sample rate": found.sample_rate}
    return facts | {"channels": found.channels, "seconds": round(found.duration_seconds, 3)}


def _describe_units(path: Path) -> dict[str, Any]:
    counts: Counter[int] = Counter()
    codecs: Counter[str] = Counter()
    rows, seconds, bits = 0, 0.0, 0.0
    for row in read_units(path, allow_reduced=True):
        rows += 1
        counts.update(row.units.ids.tolist())
        codecs[row.units.codec or "unknown"] += 1
        seconds += row.units.duration_seconds
        bits += len(row.units) * math.log2(row.units.num_units)
    if not rows:
        raise UnitsFileError(f"{path} holds no units.")
    return {
        "units file": str(path),
        "format": sniff(path.read_bytes()[:64]),
        "rows": rows,
        "units": counts.total(),
        "distinct units": len(counts),
        "speech seconds": round(seconds, 3),
        "bits per second": round(bits / seconds, 1) if seconds else None,
        "codec": ", ".join(f"{codec} ({count} rows)" for codec, count in codecs.items()),
    }


def _describe_folder(path: Path) -> dict[str, Any]:
    if (path / "config.json").is_file():
        return {"model folder": str(path), **_describe_model(path)}
    parts = {name: _describe_model(path / name) for name in ("s2u", "u2s") if (path / name / "config.json").is_file()}
    if not parts:
        raise CheckpointError(f"{path} is no model folder (no config.json) and holds neither s2u/ nor u2s/.")
    return {"models": str(path), **parts}


def _describe_model(path: Path) -> dict[str, Any]:
    from prototypes.voices import read_voices
    from speechkit.checkpoint import read_model_folder

    try:
        kind = json_module.loads((path / "config.json").read_text(encoding="utf-8"))["kind"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path / 'config.json'} does not say which kind of model it is: {error}.") from error
    stored = read_model_folder(path, kind=kind)
    size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    facts = {
        "kind": kind,
        "fingerprint": stored.fingerprint,
        "parameters": sum(tensor.numel() for tensor in stored.tensors.values()),
        "megabytes": round(size / 1e6, 2),
    }
    if kind == "s2u":
        facts["codec"] = stored.config.get("codebook") or stored.fingerprint
    if kind == "u2s":
        facts["speaks units of codec"] = stored.config.get("codec") or "any"
        facts["voices"] = ", ".join(read_voices(path, decoder=stored.fingerprint)) or "none"
    facts["card"] = next((line.strip("# ") for line in stored.card.splitlines() if line.strip()), "none")
    return facts
