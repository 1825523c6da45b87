"""The decoder's recipe: cache, every stage, one batch overfitted, export."""

import json
from pathlib import Path

import lightning
import numpy as np
import pytest
import soundfile
import torch

from recipes.export_u2s import export, read_decoder
from recipes.u2s import U2STraining
from recipes.u2s_callbacks import Snapshot
from recipes.u2s_crops import CropConfig, Crops, U2SData
from recipes.u2s_data import prepare, read_index
from recipes.u2s_training import TrainingConfig, load_parts
from speechkit.errors import CheckpointError, ConfigError, ManifestError
from u2s import U2S, GeneratorConfig, U2SConfig
from u2s.discriminators import DiscriminatorConfig

CROPS = CropConfig(crop_units=8, reference_units=10)
TINY = U2SConfig(
    embedding_dim=8, unit_width=16, unit_layers=1, prosody_width=16, prosody_layers=1, latent_dim=8, flow_layers=1,
    flow_width=16, flow_depth=1, posterior_width=16, posterior_layers=1, style_dim=12, style_width=8, style_mels=20,
    generator=GeneratorConfig(width=16, layers=1),
)  # fmt: skip
SMALL = DiscriminatorConfig(periods=(2,), period_widths=(4, 4), resolutions=(512,), resolution_width=4)


def voice(seconds: float, f0: float, rate: int = 24000) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    return (0.2 * sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 12))).astype(np.float32)


def write_corpus(folder: Path, count: int = 6) -> Path:
    folder.mkdir()
    rows = []
    for index in range(count):
        soundfile.write(folder / f"{index}.wav", voice(0.7 + 0.1 * index, 120 + 20 * index), 24000)
        rows.append({"audio": f"{index}.wav", "speaker": f"s{index % 2}"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "manifest.jsonl"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pyworld")
    root = tmp_path_factory.mktemp("u2s")
    manifest = write_corpus(root / "corpus")
    assert prepare([manifest], root / "cache") == 6
    assert prepare([manifest], root / "cache") == 0
    rows = read_index(root / "cache")
    for row in rows:
        row["validation"] = row["id"].endswith("0.wav")
    (root / "cache" / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    units = np.memmap(root / "cache" / "units.i16", np.int16, "r+")
    units[:] = np.random.default_rng(0).integers(0, 4096, len(units))
    units.flush()
    return root / "cache"


def trainer(folder: Path, **options: object) -> lightning.Trainer:
    quiet = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    return lightning.Trainer(default_root_dir=folder, enable_checkpointing=False, **(quiet | options))  # type: ignore[arg-type]


def test_the_cache_holds_what_the_files_hold(cache: Path) -> None:
    rows = read_index(cache)
    assert [row["num_units"] for row in rows] == [-(-int((0.7 + 0.1 * k) * 24000) // 960) for k in range(6)]
    assert (cache / "samples.i16").stat().st_size == 2 * 960 * sum(row["num_units"] for row in rows)
    assert (cache / "prosody.f32").stat().st_size == 4 * 12 * sum(row["num_units"] for row in rows)


def test_crops_depend_on_the_index_alone(cache: Path) -> None:
    crops, again = (Crops(cache, CROPS, size=20) for _ in range(2))
    item = crops[7]
    assert item["waveform"].shape == (8 * 960,) and item["prosody"].shape == (32, 3) and item["units"].shape == (8,)
    assert item["reference"].shape == (10 * 960,)
    assert all(torch.equal(item[key], again[7][key]) for key in item)
    assert not torch.equal(item["waveform"], crops[8]["waveform"])


def test_an_unusable_cache_raises(cache: Path) -> None:
    with pytest.raises(ManifestError, match="no training clip"):
        Crops(cache, CropConfig(crop_units=5000), size=1)


def test_a_manifest_without_speakers_raises(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"audio": "a.wav"}\n')
    with pytest.raises(ManifestError, match="speaker"):
        prepare([tmp_path / "manifest.jsonl"], tmp_path / "cache")


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_fast_dev_run(cache: Path, tmp_path: Path, stage: int) -> None:
    system = U2STraining(TINY, TrainingConfig(stage=stage, discriminators=SMALL, adversarial_units=4))
    trainer(tmp_path, fast_dev_run=2).fit(system, U2SData(str(cache), CROPS, batch_size=2))
    assert int(system.steps) == (2 if stage < 3 else 1)  # Lightning counts optimiser steps


def test_stages_follow_each_other_and_export(cache: Path, tmp_path: Path) -> None:
    first = U2STraining(TINY, TrainingConfig(stage=1))
    snapshot = Snapshot(str(tmp_path / "last.ckpt"), seconds=0.0)
    trainer(tmp_path, max_steps=2, callbacks=[snapshot]).fit(first, U2SData(str(cache), CROPS, batch_size=2))
    third = U2STraining(TINY, TrainingConfig(stage=3, discriminators=SMALL), init_from=str(tmp_path / "last.ckpt"))
    assert all(torch.equal(a, b) for a, b in zip(first.parts.parameters(), third.parts.parameters(), strict=True))
    export(tmp_path / "last.ckpt", tmp_path / "model", codec="c0", card="# Card")
    model = U2S.load(tmp_path / "model")
    assert model.codec == "c0" and model.config.generator == TINY.generator
    averaged = dict(first.average["decoder"].named_parameters())
    assert all(torch.allclose(value, averaged[name], atol=1e-2) for name, value in model.named_parameters())


def test_an_exported_decoder_is_trained_further_from_its_prior_alone(cache: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    U2S(TINY).save(tmp_path / "model")
    system = U2STraining(TINY, TrainingConfig(stage=2, prior_share=1.0), init_from=str(tmp_path / "model"))
    before = {name: value.clone() for name, value in system.parts.named_parameters()}
    trainer(tmp_path, max_steps=2).fit(system, U2SData(str(cache), CROPS, batch_size=2))
    moved = {name.split(".")[0] for name, value in system.parts.named_parameters() if not torch.equal(value, before[name])}
    assert moved == {"decoder"} and int(system.steps) == 2


def test_wrong_checkpoints_raise(tmp_path: Path) -> None:
    system = U2STraining(TINY, TrainingConfig())
    torch.save({"state_dict": {"parts.nothing": torch.zeros(1)}}, tmp_path / "other.ckpt")
    for path in (tmp_path / "none.ckpt", tmp_path / "other.ckpt"):
        with pytest.raises(CheckpointError):
            load_parts(system, path)
        with pytest.raises(CheckpointError):
            read_decoder(path)


@pytest.mark.parametrize("stage", [1, 2])
def test_one_batch_is_overfitted(cache: Path, stage: int) -> None:
    torch.manual_seed(0)
    system = U2STraining(TINY, TrainingConfig(stage=stage, kl_weight=0.01, learning_rate=5e-3, warmup_steps=1))
    optimizer = system.configure_optimizers()[0]
    crops = Crops(cache, CROPS, size=2)
    batch = torch.utils.data.default_collate([crops[0], crops[1]])
    seen = []
    for _ in range(40):
        loss = system.total(system.losses(batch)[1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(float(loss.detach()))
    assert np.mean(seen[-5:]) < 0.7 * seen[0]


def test_learning_rate_rises_and_falls() -> None:
    system = U2STraining(TINY, TrainingConfig(learning_rate=1.0, warmup_steps=10, decay_steps=100))
    assert system.learning_rate(0) == pytest.approx(0.1, rel=0.01)
    assert system.learning_rate(100) == pytest.approx(0.1)


def test_stage_is_checked() -> None:
    with pytest.raises(ConfigError, match="stage"):
        TrainingConfig(stage=4)
