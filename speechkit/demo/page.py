"""The demo's page: players, figures and numbers, one self-contained HTML file beside the audio it plays."""

import json
import os
import platform
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import torch

from speechkit import __version__
from speechkit.demo.clips import LIMIT_SECONDS
from speechkit.demo.measure import ClipResult, totals
from speechkit.demo.picture import figure
from speechkit.errors import AudioFileError
from speechkit.pipeline import Speechkit
from speechkit.types import Speech
from speechkit.waveform import save

STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5b6775; --line: #d5dbe2; --paper: #fbfcfd; --card: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf0; --soft: #9aa7b5; --line: #36414d; --paper: #12171d; --card: #1a2129; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 1280px; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 0; } h3 { font-size: 0.95rem; margin: 0 0 0.3rem; }
p { max-width: 75ch; } .soft { color: var(--soft); font-size: 0.9rem; }
.figures { display: flex; flex-wrap: wrap; gap: 0.8rem; margin: 1rem 0; }
.figures div { border: 1px solid var(--line); border-radius: 8px; padding: 0.5rem 0.9rem; background: var(--card); }
.figures b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 1rem; margin-top: 0.6rem; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 0.8rem; background: var(--card); }
audio { width: 100%; height: 36px; margin-bottom: 0.4rem; } svg { width: 100%; height: auto; display: block; }
.wave { fill: #2678b2; } .f0 { fill: none; stroke: #7df9ff; stroke-width: 1.6; } .tick { font-size: 10px; fill: var(--soft); }
.pixels { image-rendering: pixelated; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } td, th { padding: 0.2rem 0.8rem; text-align: right; }
th:first-child, td:first-child { text-align: left; } tr { border-bottom: 1px solid var(--line); }
"""
LEGEND = """Each figure has one time axis: the waveform; its mel spectrogram, with F0 as a light line on a logarithmic axis from
60 to 500 Hz; and the units, 25 columns a second, one row for each of the code's dimensions, fuller where its level is higher.
Under a re-spoken clip the units are those that the encoder hears in it, and the last row is red where they differ from the
original's at that time."""


def write_page(folder: Path, kit: Speechkit, results: Sequence[ClipResult], *, seed: int) -> dict[str, Any]:
    """Write `index.html`, `results.json` and `audio/` into a folder.

    Returns:
        What results.json holds.
    Raises:
        AudioFileError: the folder cannot be written.
    """
    try:
        (folder / "audio").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(f"cannot make the folder {folder}: {error.strerror}.") from error
    sections = [_section(folder, kit, number, result) for number, result in enumerate(results, start=1)]
    report = {
        "speechkit": __version__,
        "machine": _machine(),
        "models": {"s2u": kit.encoder.fingerprint, "u2s": kit.decoder.fingerprint},
        "seed": seed,
        "totals": totals(list(results)),
        "clips": [result.figures() for result in results],
    }
    (folder / "results.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "index.html").write_text(_document(report, sections), encoding="utf-8")
    return report


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _document(report: dict[str, Any], sections: list[str]) -> str:
    machine = report["machine"]
    where = f"{machine['system']}, {machine['cores']} cores, {machine['threads']} threads, torch {machine['torch']}"
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>speechkit demo</title><style>{STYLE}</style></head>
<body>
<h1>Speech to units, and spoken again</h1>
<p>Each recording was turned into discrete units, 25 a second, and nothing else was kept of it. From the units alone it was
spoken again in each voice of the model. Everything below was made and measured by the command that wrote this page.</p>
{_tiles(report["totals"])}
<p class="soft">Measured on {escape(where)}. A real-time factor is computing time over the length of the speech. The unit error
rate is the edit distance between the original's units and those of the re-spoken clip, over their number.</p>
<p class="soft">{LEGEND}</p>
{"".join(sections)}
<h2>All figures</h2>
{_table(report["clips"])}
<p class="soft">The same as numbers: <a href="results.json">results.json</a>. Models: S2U {escape(report["models"]["s2u"])},
U2S {escape(report["models"]["u2s"])}.</p>
</body>
</html>
"""


def _tiles(figures: dict[str, Any]) -> str:
    tiles = {
        "units": f"{figures['units']}",
        "of speech": f"{figures['seconds']:.1f} s",
        "bit rate": f"{figures['bits_per_second']:.0f} bit/s",
        "encode real-time factor": f"{figures['encode_real_time_factor']:.3f}",
        "decode real-time factor": f"{figures['decode_real_time_factor']:.3f}",
        "unit error rate, round trip": f"{100 * figures['unit_error_rate']:.1f} %",
    }
    return '<div class="figures">' + "".join(f"<div><b>{value}</b>{name}</div>" for name, value in tiles.items()) + "</div>"


def _section(folder: Path, kit: Speechkit, number: int, result: ClipResult) -> str:
    clip, levels = result.clip, kit.encoder.config.levels
    original = Speech(samples=clip.samples, sample_rate=clip.sample_rate)
    drawn = figure(clip.samples, clip.sample_rate, result.units.ids, levels=levels)
    cards = [_card(folder, f"{number:02d}_original.wav", "Original", original, drawn)]
    for rendition in result.renditions:
        speech = rendition.speech
        drawn = figure(speech.samples, speech.sample_rate, rendition.again.ids, levels=levels, compared_to=result.units.ids)
        title = f"Spoken again, {rendition.voice} (unit error rate {100 * rendition.unit_error_rate:.1f} %)"
        cards.append(_card(folder, f"{number:02d}_{rendition.voice}.wav", title, speech, drawn))
    cut = f" First {LIMIT_SECONDS:g} s only." if clip.shortened else ""
    return f"""<section><h2>{number}. {escape(clip.name)}</h2>
<p>{escape(clip.text)} <span class="soft">{escape(clip.origin)}.{cut}</span></p>
<div class="row">{"".join(cards)}</div></section>
"""


def _card(folder: Path, name: str, title: str, speech: Speech, drawn: str) -> str:
    save(folder / "audio" / name, speech)
    player = f'<audio controls preload="none" src="audio/{escape(name)}"></audio>'
    return f'<div class="card"><h3>{escape(title)}</h3>{player}{drawn}</div>'


def _table(clips: list[dict[str, Any]]) -> str:
    voices = list(clips[0]["voices"])
    heads = ["clip", "seconds", "units", "distinct", "encode RTF"]
    heads += [head for voice in voices for head in (f"decode RTF, {voice}", f"unit errors, {voice}")]
    rows = []
    for clip in clips:
        cells = [escape(clip["clip"]), f"{clip['seconds']:.2f}", clip["units"], clip["distinct_units"]]
        cells.append(f"{clip['encode_real_time_factor']:.3f}")
        for voice in voices:
            figures = clip["voices"][voice]
            cells += [f"{figures['decode_real_time_factor']:.3f}", f"{100 * figures['unit_error_rate']:.1f} %"]
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    header = "".join(f"<th>{escape(head)}</th>" for head in heads)
    return f"<table><tr>{header}</tr>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
