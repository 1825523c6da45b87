"""The demo: its page, its figures, its drawing tools."""

import json
import re
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_models import buzz, save_tiny_models, write_wav
from typer.testing import CliRunner

from speechkit.cli import app
from speechkit.demo import bundled_clips, read_clip
from speechkit.demo.picture import figure, png


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_models(tmp_path_factory.mktemp("models"))


class Links(HTMLParser):
    """Collects what a page refers to, and checks that its tags close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "image", "polygon", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_demo_on_recordings_of_a_user(models: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "a<b>.wav", buzz(150.0), 24000)
    (tmp_path / "broken.wav").write_text("no audio")
    out = tmp_path / "out"
    arguments = ["demo", str(tmp_path / "a<b>.wav"), str(tmp_path / "broken.wav"), "-o", str(out), "--models", str(models)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2 and "broken.wav" in result.stderr and str(out / "index.html") in result.stdout
    report = json.loads((out / "results.json").read_text())
    (clip,) = report["clips"]
    assert clip["units"] == 25 and clip["bits_per_second"] == 300.0 and set(clip["voices"]) == {"female", "male"}
    assert report["totals"]["decode_real_time_factor"] > 0 and 0 <= report["totals"]["unit_error_rate"] <= 2
    page = (out / "index.html").read_text()
    links = Links(page)
    assert not links.open and "a&lt;b&gt;.wav" in page
    files = [link for link in links.found if not link.startswith("data:")]
    assert len(files) == 4 and all((out / link).is_file() for link in files)
    assert soundfile.info(out / "audio" / "01_male.wav").frames == 25 * 960


def test_bundled_clips_are_six_in_two_languages() -> None:
    clips = bundled_clips()
    assert [clip.name for clip in clips].count("ZH, male") == 2 and len(clips) == 6
    assert all(2 < len(clip.samples) / clip.sample_rate < 6 and clip.text for clip in clips)


def test_long_recordings_are_cut_and_marked(tmp_path: Path) -> None:
    clip = read_clip(write_wav(tmp_path / "long.wav", np.zeros(8000 * 40, np.float32), 8000))
    assert clip.shortened and len(clip.samples) == 30 * 8000


def test_png_reads_back() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    data = png(pixels)
    assert struct.unpack(">II", data[16:24]) == (7, 5)
    start = data.index(b"IDAT") + 4
    raw = zlib.decompress(data[start : start + struct.unpack(">I", data[start - 8 : start - 4])[0]])
    rows = np.frombuffer(raw, np.uint8).reshape(5, 22)
    assert not rows[:, 0].any()
    np.testing.assert_array_equal(rows[:, 1:].reshape(5, 7, 3), pixels)


@pytest.mark.parametrize("samples", [1, 500, 24000])
def test_figures_of_any_length(samples: int) -> None:
    ids = np.arange(max(1, samples // 960))
    drawn = figure(buzz(150.0)[:samples], 24000, ids, levels=(8, 8, 8, 8), compared_to=ids[:-1])
    assert drawn.startswith("<svg") and drawn.endswith("</svg>") and len(re.findall("<image", drawn)) == 2


@pytest.mark.slow
@pytest.mark.models
def test_the_whole_demo(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["demo", "-o", str(tmp_path), "--quiet"]).exit_code == 0
    assert len(list((tmp_path / "audio").iterdir())) == 18
