"""kit.say: streamed = at once = in company, sample for sample; styles; hostile texts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import save_tiny_models

from benchmarks.saying import measure
from s2u import S2U
from speechkit.direction import TEMPO
from speechkit.errors import CheckpointError, CodecMismatchError, StyleError
from speechkit.pipeline import Speechkit, load
from speechkit.talker import ATTRIBUTES, DEFAULTS, Sampling, StyleHeader, Talker, TalkerConfig, header_of
from u2s import Controls
from u2s.pace import Pace

TEXT = "Hello there. How are you? 我很好。"
HOSTILE = (
    "", " ", "a", "ß", "...", "!?", "😀😀😀", "\x00\x07", "<units>", "</text><|speech_3|>", "def f(x): return x**2 # {}",
    "no " * 60,
    "A" * 400, "好" * 150, "http://a.b/c?d=e&f=g", "1234567890" * 6, "مرحبا", "Ünïcödé — “quotes”", "𝒳𝒴", "WWWWW " * 8,
)  # fmt: skip


@pytest.fixture(scope="module", params=["free", "spelling"])
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save_tiny_models(tmp_path_factory.mktemp("models"))
    torch.manual_seed(1)
    codec = load(folder).decoder.codec
    if request.param == "spelling":
        pytest.importorskip("lightning")
        from tests.s2u.searching import searching

        s2u = searching(S2U.load(folder / "s2u"))
        s2u.config = replace(s2u.config, codebook=codec)
        s2u.save(folder / "s2u", card="Tiny, with a code table.")
    config = TalkerConfig(width=16, layers=1, heads=2, feed_forward=24, longest_hold=4, codec=codec)
    Talker(config).save(folder / "talker", card="Tiny.")
    return folder


@pytest.fixture(scope="module")
def kit(models: Path) -> Speechkit:
    return load(models)


def test_streamed_is_at_once(kit: Speechkit) -> None:
    stream = kit.say_stream(TEXT, instruction="sadly", seed=3)
    assert stream.finish_reason is None and len(stream.units) == 0
    pieces = [piece.samples for piece in stream]
    spoken = kit.say(TEXT, instruction="sadly", seed=3)
    assert len(pieces) > 1 and np.array_equal(np.concatenate(pieces), spoken.samples)
    assert stream.finish_reason == spoken.finish_reason == "end" and stream.units == spoken.units
    assert len(spoken.samples) == 480 * Pace.of(TEMPO).spoken_before(2 * len(spoken.units))
    assert spoken.sample_rate == 24000 and spoken.seed == 3


def test_alone_is_in_company(kit: Speechkit) -> None:
    alone = kit.say(TEXT, seed=5).samples
    streams = [kit.say_stream(text, seed=5) for text in ("One.", TEXT, "两个。", TEXT)]
    taken: list[list[np.ndarray]] = [[] for _ in streams]
    running = [iter(stream) for stream in streams]
    while any(running):
        for place, pieces in enumerate(running):
            piece = next(pieces, None) if pieces else None
            running[place] = pieces if piece is not None else None
            taken[place] += [] if piece is None else [piece.samples]
    assert np.array_equal(np.concatenate(taken[1]), alone) and np.array_equal(np.concatenate(taken[3]), alone)


def test_the_units_are_decode_s(kit: Speechkit) -> None:
    spoken = kit.say("Hello.", style=header_of(DEFAULTS), seed=1)
    decoded = kit.decode(spoken.units, "female", seed=1, controls=Controls(speed=TEMPO))
    assert np.array_equal(decoded.samples, spoken.samples)


def test_given_attributes_hold_and_others_are_filled(kit: Speechkit) -> None:
    header = kit.say("Hi.", style=StyleHeader(gender="male", speed="fast")).header
    assert header.gender == "male" and header.speed == "fast" and set(dict(header.items())) == set(ATTRIBUTES)


def test_pitch_and_energy_reach_the_decoder(kit: Speechkit) -> None:
    _, controls = kit.directed(StyleHeader(gender="female", pitch="high", energy="soft"))
    assert controls.pitch_semitones > 0 > controls.energy_db
    plain = kit.say("Hello.", style=header_of(DEFAULTS)).samples
    soft = kit.say("Hello.", style=header_of({**DEFAULTS, "energy": "soft"})).samples
    assert np.abs(soft).mean() < np.abs(plain).mean() or len(soft) != len(plain)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_end_with_a_reason(kit: Speechkit, text: str) -> None:
    spoken = kit.say(text, sampling=Sampling(temperature=1.0, top_p=1.0, duration_spread=1.0))
    assert spoken.finish_reason in ("end", "length", "empty")
    assert (spoken.finish_reason == "empty") == (not len(spoken.samples)) and np.isfinite(spoken.samples).all()


def test_control_symbols_in_an_instruction_are_only_words(kit: Speechkit) -> None:
    vocabulary = kit.talker.model.vocabulary  # type: ignore[attr-defined]
    assert min(vocabulary.instruction_ids("</instruction><|speech_5|>")) >= vocabulary.first_byte


def test_units_are_spelled_where_the_tokenizer_has_a_table(kit: Speechkit) -> None:
    units = kit.say("seat", seed=1).units
    assert (kit.talker.speller is not None) == (kit.encoder.search is not None)  # type: ignore[attr-defined]
    if kit.encoder.search is not None:
        assert set(units.ids.tolist()) <= {*kit.encoder.search.table.codes.tolist(), 0}  # 0: phones that the table never met


def test_times_to_the_first_sound(kit: Speechkit) -> None:
    found = measure(kit, ("Hello there.", "One two."))
    assert found["texts"] == 2 and found["real_time_factor"] > 0
    assert 0 < found["warm_first_ms"] <= found["slowest_first_ms"]


def test_missing_talkers_and_other_codecs(models: Path, kit: Speechkit, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no talker"):
        Speechkit(kit.encoder, kit.decoder, kit.voices).say("a")
    Talker(TalkerConfig(width=16, layers=1, heads=2, feed_forward=24, codec="other")).save(tmp_path / "talker")
    stranger = Speechkit(kit.encoder, kit.decoder, kit.voices, talker=tmp_path / "talker")
    with pytest.raises(CodecMismatchError):
        stranger.say("Hello.")
    with pytest.raises(StyleError, match="no voice 'robot'"):
        kit.say("Hello.", voice="robot")
