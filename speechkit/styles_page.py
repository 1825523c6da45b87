"""A page to listen to every style of a bank: the same units, one player each."""

from collections.abc import Callable
from html import escape
from pathlib import Path

from prototypes import Prototype
from speechkit.errors import AudioFileError
from speechkit.pipeline import Speechkit
from speechkit.types import Units
from speechkit.waveform import save

STYLE = """body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1rem; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 0.8rem; }
.card { border: 1px solid #cbd2d9; border-radius: 8px; padding: 0.6rem 0.9rem; } audio { width: 100%; height: 36px; }
.soft { color: #66727f; font-size: 0.85rem; }"""


def write_styles_page(
    folder: Path,
    kit: Speechkit,
    units: Units,
    intensity: float,
    tell: Callable[[str, float], None] = lambda name, seconds: None,
) -> None:
    """Speak the units in every style; write `index.html` and `audio/*.flac`.

    Args:
        tell: called with a style's name and the seconds spoken.
    Raises:
        AudioFileError: the folder cannot be written. StyleError: no bank, or an intensity out of range.
    """
    try:
        (folder / "audio").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(f"cannot make the folder {folder}: {error.strerror}.") from error
    cards = []
    for item in kit.styles:
        speech = kit.decode(units, kit.styles.setting(item.labels, intensity))
        save(folder / "audio" / f"{item.name}.flac", speech)
        cards.append(_card(item))
        tell(item.name, speech.duration_seconds)
    page = (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Styles</title>"
        f"<style>{STYLE}</style></head><body><h1>{len(cards)} styles, the same units</h1>"
        f"<p class='soft'>Intensity {intensity:g}. Scores are the scorer's confidence in the chosen clip.</p>"
        f"<div class='row'>{''.join(cards)}</div></body></html>"
    )
    (folder / "index.html").write_text(page, encoding="utf-8")


def _card(item: Prototype) -> str:
    level = "" if item.pitch_hz is None else f", {item.pitch_hz:.0f} Hz"
    return (
        f"<div class='card'><b>{escape(item.name)}</b><audio controls preload='none' src='audio/{escape(item.name)}.flac'>"
        f"</audio><div class='soft'>score {item.score:.2f}, best of {item.candidates}{level}</div></div>"
    )
