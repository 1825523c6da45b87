"""The Python of the README and of docs/ is run, block after block, as a reader would type it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if path.exists()]


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.models
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name)
def test_python_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks share one namespace, run in an empty folder, and find a clip called talk.wav and one called her.wav there."""
    import numpy as np

    from speechkit import waveform
    from speechkit.types import Speech

    monkeypatch.chdir(tmp_path)
    time = np.arange(2 * 16000) / 16000
    for name, pitch in (("talk.wav", 120), ("her.wav", 210), ("reference.wav", 210)):
        voice = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12)) * (0.1 + 0.05 * np.sin(20 * time))
        waveform.save(tmp_path / name, Speech(samples=voice.astype(np.float32), sample_rate=16000))
    namespace: dict[str, object] = {"__name__": "readme"}
    for number, block in enumerate(blocks(page), start=1):
        exec(compile(block, f"{page.name} block {number}", "exec"), namespace)


@pytest.mark.parametrize("page", [*PAGES, *sorted(ROOT.glob("[CS]*.md"))], ids=lambda page: page.name)
def test_links_to_files_are_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]
