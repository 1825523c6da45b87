"""Decoder training on spelled units with a listener: the units, the listener, frozen parts, voices that carry over."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import torch

pytest.importorskip("lightning")
pytest.importorskip("pyworld")

from recipes import voices
from recipes.u2s import U2STraining
from recipes.u2s_data import prepare, read_index
from recipes.u2s_listener import Listener
from recipes.u2s_training import TrainingConfig
from recipes.u2s_units import Speller, main
from s2u import S2U, S2UConfig
from s2u.spelling import contexts
from speechkit.errors import ConfigError
from tests.recipes.test_u2s import TINY, voice
from tests.s2u.searching import searching
from tests.s2u.test_units_contract import tiny_config
from tests.tiny_models import save_tiny_models
from u2s import U2S


def listening_config() -> S2UConfig:
    """As small as the others, with the default's mels."""
    small = tiny_config()
    return S2UConfig(stages=small.stages, window=small.window, phone_width=16, bottleneck_width=16)


@pytest.fixture(scope="module")
def s2u_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("listener") / "s2u"
    searching(S2U(listening_config())).save(folder, card="Tiny.")
    return folder


def test_the_listener_s_mels_are_those_of_the_encoder(s2u_folder: Path) -> None:
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32) * 0.1
    wide = soxr.resample(soxr.resample(noise, 24000, 12000), 12000, 24000).astype(np.float32)  # nothing above 6 kHz
    narrow = torch.from_numpy(soxr.resample(wide, 24000, 16000).astype(np.float32))[None]
    ours = Listener(s2u_folder).mel(torch.from_numpy(wide)[None])
    theirs = S2U.load(s2u_folder).logmel.whole(narrow, 640).mT
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours[:, 5:-5, :60], theirs[:, 5:-5, :60], atol=0.2, rtol=0)


def test_the_listener_prefers_the_units_that_it_hears_and_teaches_the_waveform(s2u_folder: Path) -> None:
    listener = Listener(s2u_folder)
    waveform = torch.from_numpy(voice(1.0, 150.0)[:23_040])[None].requires_grad_(True)
    with torch.no_grad():
        heard = listener.encoder.scores(listener.mel(waveform), torch.tensor([96])).argmax(-1)
    loss = listener(waveform, heard)
    assert loss < listener(waveform, (heard + 1) % 4096)
    loss.backward()
    assert waveform.grad is not None and torch.isfinite(waveform.grad).all() and waveform.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in listener.parameters())


def test_an_s2u_without_scores_cannot_listen(tmp_path: Path) -> None:
    small = listening_config()
    straight = S2UConfig(stages=small.stages, window=small.window, phone_width=16, projection="straight")
    S2U(straight).save(tmp_path / "s2u", card="Tiny.")
    with pytest.raises(ConfigError, match="cannot listen"):
        Listener(tmp_path / "s2u")


def test_frozen_parts_stay_and_the_listener_is_in_no_checkpoint(s2u_folder: Path) -> None:
    training = TrainingConfig(stage=2, prior_share=1.0, recognition_weight=0.5, frozen=("style_encoder",))
    system = U2STraining(TINY, training, listener=str(s2u_folder))
    units = 12
    batch = {
        "waveform": torch.randn(2, units * 960) * 0.1, "reference": torch.randn(2, 24_000) * 0.1,
        "prosody": torch.tensor([5.0, 1.0, -3.0]).expand(2, 4 * units, 3), "units": torch.randint(0, 4096, (2, units)),
    }  # fmt: skip
    before = {name: tensor.clone() for name, tensor in system.decoder.state_dict().items()}
    optimizer = system.configure_optimizers()[0]
    losses = system.losses(batch)[1]
    assert "recognition" in losses
    system.total(losses).backward()
    optimizer.step()
    after = system.decoder.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and not any(name.startswith("style_encoder") for name in changed)
    assert not any("listener" in name for name in system.state_dict())
    with pytest.raises(ConfigError, match="no part of the decoder"):
        U2STraining(TINY, TrainingConfig(frozen=("ears",)))
    with pytest.raises(ConfigError, match="needs a listener"):
        U2STraining(TINY, TrainingConfig(stage=2, recognition_weight=1.0))


def test_clips_are_spelled_where_they_match_their_texts(
    s2u_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = []
    for index, text in enumerate(("hello there", "?")):
        soundfile.write(tmp_path / f"{index}.wav", voice(1.5, 150.0), 24000)
        rows.append({"audio": f"{index}.wav", "text": text, "language": "en", "speaker": "a"})
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert prepare([tmp_path / "manifest.jsonl"], tmp_path / "cache") == 2
    monkeypatch.setattr("recipes.code_table.CLEAR", 99.0)  # an untrained model hears nothing; take its alignments all the same
    main([str(tmp_path / "cache"), "--s2u", str(s2u_folder)])
    assert "1 of 2 clips match" in capsys.readouterr().out
    units, s2u = np.fromfile(tmp_path / "cache" / "units.i16", np.int16), S2U.load(s2u_folder)
    assert units.min() >= 0 and s2u.search is not None
    for row in read_index(tmp_path / "cache"):
        span = units[row["first_unit"] : row["first_unit"] + row["num_units"]]
        samples = np.memmap(tmp_path / "cache" / "samples.i16", np.int16, "r").reshape(-1, 960)
        clip = samples[row["first_unit"] : row["first_unit"] + row["num_units"]].reshape(-1).astype(np.float32) / 32767
        narrow = soxr.resample(clip, 24000, 16000, quality="HQ").astype(np.float32)
        if row["text"] == "?":
            assert span.tolist() == list(s2u.encode(narrow[: len(span) * 640], 16000).ids)
        else:
            path = Speller(s2u, s2u.search.table)._path(row, narrow[: len(span) * 640])
            assert path is not None and span.tolist() == s2u.search.table.spell(contexts(path.astype(np.int16))).tolist()
    main([str(tmp_path / "cache"), "--s2u", str(s2u_folder)])
    assert "0 clips encoded" in capsys.readouterr().out


def test_voices_carry_to_a_decoder_with_the_same_style_encoder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = save_tiny_models(tmp_path / "models")
    other = U2S.load(folder / "u2s")
    with torch.no_grad():
        other.prior.state_dict()[next(iter(other.prior.state_dict()))].add_(1.0)
    other.save(tmp_path / "trained", card="Tiny.")
    assert voices.main(["carry", str(tmp_path / "trained"), "--from", str(folder / "u2s")]) == 0
    carried = voices.read_voices(tmp_path / "trained", decoder=U2S.load(tmp_path / "trained").fingerprint)
    known = voices.read_voices(folder / "u2s", decoder=U2S.load(folder / "u2s").fingerprint)
    assert carried.keys() == known.keys() and all(torch.equal(carried[name].style, known[name].style) for name in known)
    with torch.no_grad():
        other.style_encoder.state_dict()[next(iter(other.style_encoder.state_dict()))].add_(1.0)
    other.save(tmp_path / "stranger", card="Tiny.")
    assert voices.main(["carry", str(tmp_path / "stranger"), "--from", str(folder / "u2s")]) == 2
    assert "another style encoder" in capsys.readouterr().err
