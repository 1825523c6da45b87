"""The S2U recipe: data cache, fast_dev_run, one batch overfitted, resume, export, two processes."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

pytest.importorskip("lightning")

from recipes import codebook, realign
from recipes.export import export_s2u, s2u_from_checkpoint
from recipes.s2u import S2UTraining
from recipes.s2u_clips import splits
from recipes.s2u_data import prepare, read_manifest, usable
from recipes.s2u_loading import BucketSampler, S2UDataModule
from recipes.warm_start import whisper_state
from s2u import S2U, S2UConfig
from speechkit.errors import CheckpointError, ManifestError

ROOT = Path(__file__).parents[2]
TINY = {
    "mel": {"num_mels": 80},
    "stages": [
        {"channels": [32, 32], "kernels": [3, 3], "strides": [1, 2], "layers": 1, "heads": 2, "positions": "sinusoidal"},
        {"channels": [32], "kernels": [3], "strides": [2], "layers": 1, "heads": 2, "activation": "none"},
    ],
    "phone_width": 64,
    "bottleneck_width": 32,
}
TEXTS = (
    ("she had a dark suit", "en", "train"),
    ("今天天气很好", "zh", "train"),
    ("hello there", "en", "dev"),
    ("你好", "zh", "dev"),
)


def clip(seconds: float, seed: int) -> np.ndarray:
    """Vowel-like harmonics that change every 200 ms."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * 16000)) / 16000
    tones = random.uniform(200, 3000, (int(seconds * 5) + 1, 3))[(time * 5).astype(int)]
    return (0.1 * np.sin(2 * np.pi * tones * time[:, None]).sum(1)).astype(np.float32)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rows = []
    for number, (text, language, split) in enumerate(TEXTS):
        soundfile.write(folder / f"{number}.wav", clip(1.6, number), 16000)
        rows.append({"audio": f"{number}.wav", "text": text, "language": language, "speaker": "s", "split": split})
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    prepare(folder / "manifest.jsonl", folder / "cache", None)
    prepare(folder / "manifest.jsonl", folder / "cache", None)  # a second run adds nothing
    return folder / "cache"


def command(cache: Path, output: Path, *more: str) -> subprocess.CompletedProcess[str]:
    arguments = [
        sys.executable, "-m", "recipes.s2u", "fit", "--config", "recipes/configs/s2u_tiny.yaml", "--data.caches", f"[{cache}]",
        "--trainer.default_root_dir", str(output), "--trainer.callbacks.init_args.dirpath", str(output / "checkpoints"), *more,
    ]  # fmt: skip
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_cache_holds_every_clip_once(cache: Path) -> None:
    rows = [json.loads(line) for line in (cache / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(TEXTS) == len({row["id"] for row in rows})
    assert (cache / "mel.f16").stat().st_size == sum(row["frames"] for row in rows) * 80 * 2


def test_manifest_errors_name_the_line(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"audio": "a.wav", "text": "x", "language": "en"}\n{"audio": 1}')
    with pytest.raises(ManifestError, match="line 2"):
        list(read_manifest(tmp_path / "m.jsonl"))


def test_unusable_rows_are_left_out() -> None:
    assert not usable({"text": "fine", "duration_seconds": 99.0}, 17.0)
    assert usable({"text": "in 1994", "duration_seconds": 2.0}, 17.0)


def test_sampler_takes_each_clip_once_and_can_skip() -> None:
    lengths = [int(n) for n in np.random.default_rng(0).integers(100, 900, 57)]
    whole = list(BucketSampler(lengths, 2000, seed=3))
    assert sorted(index for batch in whole for index in batch) == list(range(57))
    assert all(max(lengths[i] for i in batch) * len(batch) <= 2400 or len(batch) == 1 for batch in whole)
    resumed = BucketSampler(lengths, 2000, seed=3)
    resumed.skip = 4
    assert list(resumed) == whole[4:]


def test_processes_share_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = [int(n) for n in np.random.default_rng(0).integers(100, 900, 57)]
    whole = list(BucketSampler(lengths, 2000, seed=3))
    shares = []
    for rank in range(2):
        monkeypatch.setattr("recipes.s2u_loading.place_in_world", lambda rank=rank: (rank, 2))
        shares.append(list(BucketSampler(lengths, 2000, seed=3)))
    even = len(whole) // 2 * 2
    assert shares == [whole[0:even:2], whole[1:even:2]]


def test_fast_dev_run(cache: Path, tmp_path: Path) -> None:
    done = command(cache, tmp_path, "--trainer.fast_dev_run", "2")
    assert done.returncode == 0, done.stderr[-2000:]


def test_overfits_one_batch(cache: Path) -> None:
    torch.manual_seed(0)
    data = S2UDataModule([str(cache)], batch_seconds=6.0)
    data.setup()
    batch = next(iter(data.train_dataloader()))
    training = S2UTraining(TINY, learning_rate=3e-3, head_learning_rate=3e-3, warm_up_steps=1, total_steps=10_000)
    training.log_dict = lambda *args, **kwargs: None  # type: ignore[method-assign]
    optimizer = training.configure_optimizers()["optimizer"]
    losses = []
    for _ in range(120):
        loss = training.training_step(batch, 0)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(training.parameters(), 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.4 * losses[0], losses[::20]


def test_resume_and_export(cache: Path, tmp_path: Path) -> None:
    assert command(cache, tmp_path, "--trainer.max_steps", "20").returncode == 0
    last = tmp_path / "checkpoints" / "last.ckpt"
    done = command(cache, tmp_path, "--trainer.max_steps", "24", "--ckpt_path", str(last))
    assert done.returncode == 0, done.stderr[-2000:]
    export_s2u(last, tmp_path / "model", "# card")
    exported, trained = S2U.load(tmp_path / "model"), s2u_from_checkpoint(last)
    same = np.mean(exported.encode(clip(3, 9), 16000).ids == trained.encode(clip(3, 9), 16000).ids)
    assert same > 0.8  # float16 storage moves only units on a boundary


def test_align_codebook_warm_up_and_fit_again(cache: Path, tmp_path: Path) -> None:
    heard = tmp_path / "cache"
    shutil.copytree(cache, heard)
    rows = [json.loads(line) | {"teacher": True} for line in (heard / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    (heard / "index.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    units = sum(row["frames"] for row in rows) // 4
    np.random.default_rng(0).standard_normal((units, 512)).astype(np.float16).tofile(heard / "teacher.f16")
    assert command(heard, tmp_path, "--trainer.max_steps", "2").returncode == 0
    last = tmp_path / "checkpoints" / "last.ckpt"
    training = realign.load(last)
    paths = [path for path, _ in _aligned(training, heard)]
    assert all(len(path) == row["frames"] // 4 for path, row in zip(paths, rows, strict=True))
    np.concatenate(paths).astype(np.int16).tofile(heard / "labels.i16")
    found, features = codebook.gather([heard])
    sounds = codebook.sounds(found, codebook.principal(features, 8))
    codebook.write_levels(codebook.grow((8, 8, 8, 8), codebook.crowd(sounds)), sounds, heard, 4)
    levels = np.fromfile(heard / "levels.i8", np.int8).reshape(-1, 4)
    assert len(levels) == units and levels.min() >= 0 and levels.max() <= 7
    again = command(heard, tmp_path, "--trainer.max_steps", "2", "--model.start", str(last))
    assert again.returncode == 0, again.stderr[-2000:]


def _aligned(training: S2UTraining, cache: Path) -> Iterator[tuple[np.ndarray, float]]:
    for clips in splits(cache):
        for number, row in enumerate(clips.rows):
            (hidden, scores), = realign.listen(training, [clips[number]["mel"]])
            assert len(hidden) == len(scores)
            yield realign.align(scores, row["labels"])


def test_two_processes(cache: Path, tmp_path: Path) -> None:
    done = command(cache, tmp_path, "--trainer.devices", "2", "--trainer.strategy", "ddp", "--trainer.max_steps", "3")
    assert done.returncode == 0, done.stderr[-2000:]


def test_export_refuses_other_files(tmp_path: Path) -> None:
    (tmp_path / "x.ckpt").write_bytes(b"not a checkpoint")
    with pytest.raises((CheckpointError, Exception)):
        s2u_from_checkpoint(tmp_path / "x.ckpt")


def test_warm_start_takes_whisper_s_layers(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    config = transformers.WhisperConfig(
        d_model=32, encoder_layers=3, encoder_attention_heads=2, encoder_ffn_dim=128, num_mel_bins=80
    )
    theirs = WhisperEncoder(config).eval()
    theirs.save_pretrained(tmp_path)
    encoder = S2U(S2UConfig.from_dict(TINY)).encoder.eval()
    encoder.load_state_dict(whisper_state(encoder, tmp_path))
    mel = torch.randn(1, 40, 80)
    ours, _ = encoder.stages[0](mel, torch.tensor([40]))
    hidden = torch.nn.functional.gelu(theirs.conv2(torch.nn.functional.gelu(theirs.conv1(mel.mT)))).mT
    hidden = hidden + theirs.embed_positions.weight[: hidden.shape[1]]
    output = theirs.layers[0](hidden, None)
    expected = output[0] if isinstance(output, tuple) else output
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)
