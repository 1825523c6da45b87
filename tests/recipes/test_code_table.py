"""The code table: the codes of contexts by vote, and labels that keep a trained S2U's codebook."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

pytest.importorskip("lightning")

from recipes import phone_decoder
from recipes.code_table import Heard, count_votes, relabel
from recipes.codebook import contexts
from recipes.perturb import PerturbConfig
from recipes.s2u import S2UTraining
from recipes.s2u_data import prepare
from recipes.s2u_loading import BucketSampler, Collate
from s2u import S2U, S2UConfig
from s2u.fsq import number
from s2u.spelling import SILENCE, CodeTable
from speechkit.errors import CheckpointError

TINY = {
    "stages": [
        {"channels": [32, 32], "kernels": [3, 3], "strides": [1, 2], "layers": 1, "heads": 2, "positions": "sinusoidal"},
        {"channels": [32], "kernels": [3], "strides": [2], "layers": 0, "heads": 2, "activation": "none"},
    ],
    "phone_width": 32,
    "bottleneck_width": 32,
    "codebook": "mine",
}


def clip_of(codes: list[int]) -> Heard:
    """A clip whose units are nearly sure of their codes."""
    best = np.stack([np.asarray(codes), *[np.full(len(codes), 4000 + i) for i in range(7)]], 1)
    odds = np.tile(np.array([0.9, *[0.01] * 7], np.float32), (len(codes), 1))
    return Heard(best, odds, np.zeros((len(codes), 241), np.float32), [], 0)


@pytest.fixture(scope="module")
def table() -> CodeTable:
    labels = np.array([SILENCE, 5, 5, 7, SILENCE, 9, 5, 7, 7], np.int16)
    return count_votes([(contexts(labels), clip_of([0, 50, 50, 70, 1, 90, 51, 71, 71]))])


def test_a_heard_context_gets_the_code_that_most_units_gave_it(table: CodeTable) -> None:
    assert table.spell(np.array([[SILENCE, 5, 7], [9, 5, 7], [5, 7, SILENCE]])).tolist() == [50, 51, 71]


def test_an_unheard_context_leans_on_its_phone_and_its_neighbours(table: CodeTable) -> None:
    assert table.spell(np.array([[9, 5, 9]])).tolist() == [51]  # after 9, a 5 was 51
    assert table.spell(np.array([[1, 5, 1]]))[0] in (50, 51)
    assert table.spell(np.array([[1, 200, 1]])).tolist() == [0]  # nothing known


def test_tables_are_joined_and_light_votes_left_out(table: CodeTable) -> None:
    both = CodeTable.joined([table, table])
    assert len(both.codes) == 2 * len(table.codes) and float(both.weights.sum()) == pytest.approx(2 * float(table.weights.sum()))
    least = float(np.median(table.weights))
    heavy = table.heavier(least)
    assert len(heavy.codes) == (table.weights >= least).sum() == len(heavy.contexts) and heavy.weights.min() >= least


def test_save_and_load_spell_alike(table: CodeTable, tmp_path: Path) -> None:
    table.save(tmp_path / "codes.safetensors")
    asked = np.random.default_rng(0).choice([5, 7, 9, SILENCE], (50, 3))
    assert (CodeTable.load(tmp_path / "codes.safetensors").spell(asked) == table.spell(asked)).all()
    with pytest.raises(CheckpointError, match="no code table"):
        CodeTable.load(tmp_path / "none.safetensors")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rows = []
    for index, text in enumerate(("hello there", "she had a dark suit")):
        time = np.arange(24000 + 8000 * index) / 16000
        soundfile.write(folder / f"{index}.wav", 0.1 * np.sin(2 * np.pi * (300 + 200 * np.floor(time * 8)) * time), 16000)
        rows.append({"audio": f"{index}.wav", "text": text, "language": "en", "speaker": "s"})
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    prepare(folder / "manifest.jsonl", folder / "cache", None)
    return folder / "cache"


def test_relabel_writes_every_unit_and_training_goes_on_from_the_folder(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    S2U(S2UConfig.from_dict(TINY)).save(tmp_path / "s2u", card="# tiny")
    monkeypatch.setattr("recipes.code_table.CLEAR", 99.0)  # an untrained model hears nothing; take its alignments all the same
    table = relabel(S2U.load(tmp_path / "s2u"), [cache])
    labels = np.fromfile(cache / "labels.i16", np.int16)
    levels = np.fromfile(cache / "levels.i8", np.int8).reshape(-1, 4)
    assert labels.min() >= 0 and 0 <= levels.min() <= levels.max() <= 7 and len(levels) == len(labels) == 38 + 50
    whole = contexts(labels[:38])
    spelled = table.spell(whole)
    assert (number(torch.from_numpy(levels[:38].astype(np.int64)), (8, 8, 8, 8)).numpy() == spelled).all()
    training = S2UTraining(start=str(tmp_path / "s2u"))
    assert training.model.config.codebook == "mine" and training.hparams["model"]["codebook"] == "mine"
    assert torch.allclose(training.model.encoder.project.out.weight, S2U.load(tmp_path / "s2u").encoder.project.out.weight)


def test_the_phone_decoder_learns_alone(cache: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    S2U(S2UConfig.from_dict(TINY)).save(tmp_path / "s2u", card="# tiny")
    s2u = S2U.load(tmp_path / "s2u")
    before = {name: tensor.clone() for name, tensor in s2u.state_dict().items()}
    heard, aligned = phone_decoder.gather(s2u, [cache], None)
    config = phone_decoder.DecoderTraining(steps=60, batch_seconds=10.0, learning_rate=5e-3, doubt=0.0)
    losses = [float(phone_decoder.loss_of(s2u, heard, aligned, config, 0).detach())]
    phone_decoder.train(s2u, heard, aligned, config)
    losses.append(float(phone_decoder.loss_of(s2u, heard, aligned, config, 0).detach()))
    assert losses[1] < 0.8 * losses[0]
    moved = {name.split(".")[0] for name, tensor in s2u.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved == {"phone_decoder"}


def test_doubtful_units_are_drawn_from_what_was_heard() -> None:
    clip, random = clip_of([5] * 4000), np.random.default_rng(0)
    assert (phone_decoder.drawn(clip, 0.0, random) == 5).all()
    others = float((phone_decoder.drawn(clip, 1.0, random) != 5).float().mean())
    assert others == pytest.approx(0.07 / 0.97, abs=0.02)


def test_a_named_codebook_outlives_the_weights(tmp_path: Path) -> None:
    codecs = []
    for seed in range(2):
        torch.manual_seed(seed)
        S2U(S2UConfig.from_dict(TINY)).save(tmp_path / str(seed), card="# tiny")
        model = S2U.load(tmp_path / str(seed))
        codecs.append((model.encode(np.zeros(6400, np.float32), 16000).codec, model.fingerprint))
    assert codecs[0][0] == codecs[1][0] == "mine" and codecs[0][1] != codecs[1][1]


def clip(frames: int) -> dict[str, object]:
    """A clip whose levels and labels count its units."""
    units = torch.arange(frames // 4)
    mel = torch.arange(frames)[:, None].float().repeat(1, 80) / 100 - 5
    return {"mel": mel, "labels": [1, 2], "aligned": units, "levels": units[:, None].repeat(1, 4), "teacher": None}


@pytest.mark.parametrize("views", [1, 2])
def test_windows_keep_sound_and_labels_together(views: int) -> None:
    still = PerturbConfig(tempo=1e-9, warp=1e-9, channel_db=0.0, gain_db=0.0, noise_probability=0.0, smear_probability=0.0)
    batch = Collate(still, 0, views, window=80)([clip(400), clip(60), clip(240)])
    assert batch.mel.shape == (3 * views, 80, 80) and batch.lengths.tolist() == [80, 60, 80] * views
    assert batch.levels.shape == (3 * views, 20, 4) and batch.labels.shape == (3 * views, 20)
    for row in range(3 * views):
        units = int(batch.lengths[row]) // 4
        heard = (batch.mel[row, : 4 * units : 4, 40] + 5) * 25
        assert torch.allclose(heard, batch.labels[row, :units].float(), atol=0.6) and (batch.labels[row, units:] == -1).all()


def test_longer_clips_come_more_often_when_cut() -> None:
    batches = list(BucketSampler([700, 1400, 100], 2800, seed=0, window=700))
    assert sorted(index for batch in batches for index in batch) == [0, 1, 1, 2]
