"""The style corpus: what the prosody transform does to a voice, and that a corpus grows and resumes."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from tiny_models import buzz, write_wav

from prototypes.prosody import StyleProsody
from prototypes.targets import EMOTIONS, PITCHES
from recipes.corpora.endpoint import EndpointEngine, parse_voices
from recipes.corpora.texts import read_manifest
from recipes.style_corpus.make import main, parse_source
from recipes.style_corpus.styles import Rendering, rendering
from speechkit.errors import ConfigError, DependencyError, StyleError, WaveformError
from speechkit.waveform import load

RATE = 24000
TEXTS = ["One two three.", "Four five six.", "Seven eight nine."]


def clip(pitch: float = 150.0, seconds: float = 0.6) -> np.ndarray:
    return np.pad(buzz(pitch, seconds, RATE), 1200)


def test_the_plain_style_is_no_rendition_and_the_others_differ() -> None:
    found = {(emotion, pitch): rendering(emotion, pitch) for emotion in EMOTIONS for pitch in PITCHES}
    assert [style for style, change in found.items() if change.plain] == [("neutral", "normal")]
    assert len({str(change) for change in found.values()}) == 12
    assert rendering("sad", "high", 0.0).prosody == rendering("neutral", "high").prosody


class TestTransform:
    @pytest.fixture(scope="class", autouse=True)
    def _world(self) -> None:
        pytest.importorskip("pyworld")

    @pytest.mark.parametrize("semitones", [-3.0, 4.0])
    def test_pitch_moves_by_semitones_and_pace_by_its_factor(self, semitones: float) -> None:
        from recipes.style_corpus.world import analyse, render

        before = analyse(clip(), RATE)
        changed = render(before, Rendering(prosody=StyleProsody(pitch_semitones=semitones, speed=1.25)))
        after = analyse(changed, RATE)
        assert 12 * (after.median_log_f0 - before.median_log_f0) / np.log(2) == pytest.approx(semitones, abs=0.2)
        assert len(changed) == pytest.approx(len(clip()) / 1.25, rel=0.02)
        assert np.abs(changed).max() <= 0.941

    def test_rendering_repeats_itself(self) -> None:
        from recipes.style_corpus.world import analyse, render

        before, style = analyse(clip(), RATE), rendering("angry", "low")
        np.testing.assert_array_equal(render(before, style, 3), render(before, style, 3))

    def test_parts_of_the_transform(self) -> None:
        from recipes.style_corpus.world import Analysis, add_breath, bend, stretch, warp_formants, without_jumps

        np.testing.assert_allclose(
            without_jumps(np.array([100.0, 0.0, 100.0, 205.0, 100.0])), [100, 0, 100, 102.5, 100]
        )
        bent = bend(np.linspace(-5, 5, 101), -1.0, 2.0)
        assert bent.min() > -1 and bent.max() < 2 and (np.diff(bent) >= 0).all() and bent[50] == 0
        peak = np.ones((1, 101)) + 9 * (np.arange(101) == 50)
        assert warp_formants(peak, 1.2).argmax() == 60 and warp_formants(peak, 1.0) is peak
        louder = add_breath(np.array([[0.0, 0.1, 0.5, 1.0]]), 6.0)[0]
        assert louder[0] == 0 and louder[3] == pytest.approx(1, abs=1e-6) and 0.1 < louder[1] < louder[2] < 1
        ramp = Analysis(
            f0=np.arange(100.0), envelope=np.ones((100, 3)), aperiodicity=np.zeros((100, 3)), sample_rate=RATE
        )
        assert len(stretch(ramp, 2.0).f0) == 50 and stretch(ramp, 2.0).f0[-1] == 99

    def test_silence_cannot_be_restyled(self) -> None:
        from recipes.style_corpus.world import analyse

        with pytest.raises(WaveformError, match="voiced"):
            analyse(np.zeros(RATE, np.float32), RATE)

    def test_a_corpus_grows_evenly_and_goes_on_where_it_stopped(self, tmp_path: Path) -> None:
        source = tmp_path / "clips"
        source.mkdir()
        rows = []
        for speaker, gender, pitch in (("ann", "female", 220.0), ("bob", "male", 110.0)):
            for number, text in enumerate(TEXTS):
                write_wav(source / f"{speaker}{number}.wav", clip(pitch), RATE)
                row = {"audio": f"{speaker}{number}.wav", "text": text, "language": "en", "speaker": speaker}
                rows.append(row | {"gender": gender, "split": "train"})
        (source / "manifest.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        options = [
            "--source",
            f"recordings:{source}",
            "-o",
            str(tmp_path / "out"),
            "--shortest",
            "0.1",
            "--styles-per-clip",
            "4",
        ]
        assert main([*options, "--minutes", "0.05"]) == 0
        first = read_manifest(tmp_path / "out/manifest.jsonl")
        assert main([*options, "--minutes", "9"]) == 0
        found = read_manifest(tmp_path / "out/manifest.jsonl")
        assert found[: len(first)] == first and len(found) == 24 > len(first)
        assert len({str(row["audio"]) for row in found}) == 24
        for speaker in ("ann", "bob"):
            assert len({row["style"] for row in found if row["speaker"] == speaker}) == 12
        waveform, sample_rate = load(tmp_path / "out" / str(found[0]["audio"]))
        assert sample_rate == RATE and len(waveform) / RATE == pytest.approx(
            float(str(found[0]["duration_seconds"])), abs=0.001
        )


def test_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--source", "nothing", "-o", str(tmp_path)]) == 1
    assert "no engine 'nothing'" in capsys.readouterr().out


class TestEndpoint:
    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[str]:
        wav = write_wav(tmp_path / "answer.wav", clip(), RATE).read_bytes()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                good = (
                    self.path == "/v1/audio/speech" and asked["input"] == "Hello." and asked["response_format"] == "wav"
                )
                self.send_response(200 if good else 400)
                self.end_headers()
                self.wfile.write(wav)

            def log_message(self, *_: object) -> None:
                pass

        found = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()

    def test_it_speaks(self, server: str) -> None:
        engine = EndpointEngine(f"{server}#tts-1#alloy/female/en")
        waveform, sample_rate = engine.speak("Hello.", "alloy", "en")
        assert sample_rate == RATE and len(waveform) == len(clip())
        with pytest.raises(StyleError):
            engine.speak("Hello.", "onyx", "en")
        with pytest.raises(DependencyError, match="does not answer"):
            engine.speak("Bye.", "alloy", "en")

    @pytest.mark.parametrize("url", ["", "http://x", "ftp://x#m#a/female/en", "http://x#m#a/robot/en"])
    def test_addresses_are_checked(self, url: str) -> None:
        with pytest.raises(ConfigError):
            EndpointEngine(url)

    def test_sources_are_read(self) -> None:
        assert parse_source("endpoint:http://x#m#a/female/en").url == "http://x#m#a/female/en"
        assert parse_voices("a/male/zh")["a"].languages == ("zh",)


def test_the_loudness_contour_spreads_below_the_loud_frames() -> None:
    from recipes.style_corpus.world import contour_power

    envelope = np.repeat(10 ** (np.array([0.0, 0.0, 0.0, -1.0, -5.0])[:, None]), 4, axis=1)
    gains = 10 * np.log10(contour_power(envelope, 1.5))
    assert gains == pytest.approx([0.0, 0.0, 0.0, -5.0, -10.0], abs=0.1)
    assert contour_power(envelope, 1.0) == pytest.approx(np.ones(5))
