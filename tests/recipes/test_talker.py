"""The talker's recipe: alignment, shards, fast_dev_run, one batch overfitted, resume, export; and a language model's."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

pytest.importorskip("lightning")

import lightning
from talker.tiny_talkers import tiny_backbone
from tiny_models import save_tiny_models

from recipes.byte_pairs import learn_merges
from recipes.talker import TalkerTraining, export, read_talker, start_from
from recipes.talker_align import align, shorten_pauses
from recipes.talker_batches import DataConfig, Shards, TalkerData, TrainingBatches
from recipes.talker_data import prepare, read_index
from recipes.talker_examples import Writer, collate, held_so_far
from speechkit.errors import CheckpointError, ManifestError
from speechkit.talker import GuidedBackbone, Saying, StyleHeader, Talker, UnitStream, write_header
from speechkit.text import EMOVA240, MARKS, phone_ids, reading

ROOT = Path(__file__).parents[2]
TINY = {"width": 32, "layers": 1, "heads": 2, "feed_forward": 32, "num_merges": 8}
TEXTS = (("hello there", "en", "train"), ("good day, sir", "en", "train"), ("你好吗", "zh", "train"), ("oh no", "en", "dev"))
SYMBOLS = ["<|en|>", *reading("oh, no", "en")]


def opinion(path: list[int], symbols: list[str]) -> np.ndarray:
    """Log probabilities that favour one symbol a unit."""
    scores = np.full((len(path), 241), 1e-3)
    for unit, place in enumerate(path):
        scores[unit, phone_ids([symbols[place]])[0] if symbols[place] in EMOVA240 else 240] = 0.9
    return np.log(scores / scores.sum(1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("path", [[0, 0, 1, 1, 2, 2, 2, 3, 4, 4, 4, 5], [0, 1, 3, 4, 5], [0, 1, 1, 3, 3, 4, 5, 5, 5]])
def test_alignment_finds_the_path(path: list[int]) -> None:
    found = align(opinion(path, SYMBOLS), SYMBOLS)
    assert found is not None and found.places.tolist() == path and found.score > -1.0


def test_alignment_is_the_best_of_all_paths() -> None:
    symbols = SYMBOLS[:4]
    random = np.random.default_rng(0)
    scores = np.log(random.dirichlet(np.ones(241) * 0.05, 6) + 1e-6).astype(np.float32)
    from recipes.talker_align import emissions

    table = emissions(np.exp(scores), symbols, np.array([symbol not in EMOVA240 for symbol in symbols]))
    paths = [[0]]
    for _ in range(5):
        moves = [[*p, p[-1] + m] for p in paths for m in (0, 1, 2) if m < 2 or (p[-1] + 1 < 3 and symbols[p[-1] + 1] in MARKS)]
        paths = [path for path in moves if path[-1] < 4]
    best = max((path for path in paths if path[-1] == 3), key=lambda path: table[np.arange(6), path].sum())
    found = align(scores, symbols)
    assert found is not None and table[np.arange(6), found.places].sum() == pytest.approx(table[np.arange(6), best].sum())


def test_too_few_units_do_not_align() -> None:
    assert align(opinion([0, 1], SYMBOLS), SYMBOLS) is None


def test_pauses_are_shortened() -> None:
    places = np.array([0] * 12 + [1, 1] + [2] * 20 + [3] + [4] * 2 + [5] * 3)
    kept = shorten_pauses(places, SYMBOLS, longest=6, edge=4)
    assert np.bincount(places[kept]).tolist() == [4, 2, 6, 1, 2, 3]


def test_byte_pairs() -> None:
    assert learn_merges(["low low lower"], 2, 0) in ([(111, 119), (108, 256)], [(108, 111), (256, 119)])


def test_training_path_and_speaking_path_agree() -> None:
    """Teacher-forcing what was spoken gives the scores that it was drawn from."""
    backbone = tiny_backbone()
    utterance = backbone.utterance("sadly")
    header = write_header(utterance, StyleHeader())
    stream = UnitStream(backbone, utterance, "Hello there", "en", seed=3)
    scores, places, held = [], [], []
    original = utterance.unit_scores

    def watched() -> torch.Tensor:
        scores.append(original())
        places.append(utterance.pointer.place)
        held.append(utterance.pointer.held)
        return scores[-1]

    utterance.unit_scores = watched  # type: ignore[method-assign]
    units = list(stream)
    row = {"symbols": ["<|en|>", *reading("Hello there", "en")]}
    writer = Writer(backbone.model.vocabulary)
    example = writer.spoken(row, np.array(units, np.int16), np.array(places, np.int16), dict(header.items()), "sadly")
    assert held_so_far(np.array(places)).tolist() == held
    with torch.inference_mode():
        hidden = backbone.model(collate([example]).sequences)[0, -len(units) :]
        torch.testing.assert_close(backbone.model.unit_logits(hidden), torch.stack(scores), atol=1e-4, rtol=1e-3)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rows = []
    for number, (text, language, split) in enumerate(TEXTS):
        noise = 0.1 * np.random.default_rng(number).standard_normal(12800)
        soundfile.write(folder / f"{number}.wav", noise.astype(np.float32), 16000)
        rows.append({"audio": f"{number}.wav", "text": text, "language": language, "gender": "male", "split": split})
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder / "manifest.jsonl"


@pytest.fixture(scope="module")
def shard(manifest: Path, models: Path) -> Path:
    folder = manifest.parent / "shard"
    prepare(manifest, models / "s2u", folder)
    before = (folder / "units.i16").read_bytes()
    prepare(manifest, models / "s2u", folder)  # a second run adds nothing
    assert (folder / "units.i16").read_bytes() == before
    return folder


def test_shards_hold_aligned_clips(shard: Path) -> None:
    rows = read_index(shard)
    assert [row["text"] for row in rows] == [text for text, _, _ in TEXTS]
    shards = Shards([str(shard)], DataConfig(least_score=-99.0))
    for row in shards.rows:
        units, places = shards.arrays(row)
        assert len(units) == len(places) == row["length"] and places[0] == 0 and places[-1] == len(row["symbols"]) - 1
        assert row["style"]["gender"] == "male" and row["split"] == "train"


def test_an_interrupted_shard_goes_on(shard: Path, manifest: Path, models: Path, tmp_path: Path) -> None:
    lines = (shard / "index.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    copy = tmp_path / "shard"
    copy.mkdir()
    (copy / "index.jsonl").write_text(lines[0] + lines[1][:40], encoding="utf-8")
    for name in ("units.i16", "places.i16"):
        (copy / name).write_bytes((shard / name).read_bytes()[:130])
    prepare(manifest, models / "s2u", copy)
    for name in ("index.jsonl", "units.i16", "places.i16"):
        assert (copy / name).read_bytes() == (shard / name).read_bytes()


def test_unknown_styles_and_codecs_are_refused(shard: Path, manifest: Path, tmp_path: Path) -> None:
    other = save_tiny_models(tmp_path / "models", seed=1)
    with pytest.raises(CheckpointError, match="use another folder"):
        prepare(manifest, other / "s2u", shard)
    row = {"audio": str(manifest.parent / "0.wav"), "text": "hi", "language": "en", "emotion": "merry"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row))
    with pytest.raises(ManifestError, match="emotion is one of"):
        prepare(tmp_path / "manifest.jsonl", other / "s2u", tmp_path / "shard")


def test_batches_depend_on_the_seed_alone(shard: Path) -> None:
    config = DataConfig(least_score=-99.0, instructions=2)
    writer = Writer(tiny_backbone().model.vocabulary)

    def first(seed: int) -> torch.Tensor:
        return next(iter(TrainingBatches(Shards([str(shard)], config), writer, config, seed=seed)))[1].sequences.tokens

    assert torch.equal(first(0), first(0)) and not (first(0).shape == first(1).shape and torch.equal(first(0), first(1)))


def trainer(folder: Path, **options: object) -> lightning.Trainer:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    return lightning.Trainer(default_root_dir=folder, **{**quiet, "enable_checkpointing": False, **options})  # type: ignore[arg-type]


def data(shard: Path) -> TalkerData:
    return TalkerData([str(shard)], config=DataConfig(least_score=-99.0, instructions=4))


def test_one_batch_is_overfitted_and_exported(shard: Path, tmp_path: Path) -> None:
    lightning.seed_everything(0)
    module = TalkerTraining({**TINY}, learning_rate=2e-2, warm_up_steps=5, total_steps=150, unit_dropout=0.0, text_weight=0.0)
    fit = trainer(tmp_path, max_steps=60, limit_val_batches=1, val_check_interval=60, check_val_every_n_epoch=None)
    fit.fit(module, data(shard))
    assert float(fit.callback_metrics["train/units"]) < 2.0 and float(fit.callback_metrics["train/moves"]) < 0.5
    fit.save_checkpoint(tmp_path / "last.ckpt")
    export(tmp_path / "last.ckpt", tmp_path / "talker", card="Tiny.", half=False)
    loaded = Talker.load(tmp_path / "talker")
    assert loaded.config.codec == read_index(shard)[0]["codec"]
    weights = read_talker(tmp_path / "last.ckpt").state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in loaded.state_dict().items())
    saying = Saying(GuidedBackbone(loaded), "hello there")
    assert sum(len(part) for part in saying) > 5 and saying.finish_reason == "end"
    with pytest.raises(CheckpointError, match="has another layers"):
        start_from(str(tmp_path / "talker"), {"layers": 7})
    assert start_from(str(tmp_path / "talker"), {}, new_codec=True).config.codec == ""


def test_another_codec_must_be_asked_for(shard: Path, tmp_path: Path) -> None:
    export_me = Talker(read_config(codec="another"))
    export_me.save(tmp_path / "talker")
    module = TalkerTraining(init_from=str(tmp_path / "talker"))
    with pytest.raises(CheckpointError, match="set new_codec: true"):
        trainer(tmp_path, max_steps=1).fit(module, data(shard))


def read_config(**changes: object):
    from speechkit.talker import TalkerConfig

    return TalkerConfig.from_dict({**TINY, "num_merges": 0, **changes})


@pytest.mark.slow
def test_command_line(shard: Path, manifest: Path, models: Path, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "recipes.talker", "fit", "--config", "recipes/configs/talker_finetune.yaml",
        "--trainer.fast_dev_run", "2", "--trainer.callbacks", "[]", "--data.manifest", str(manifest),
        "--data.s2u", str(models / "s2u"), "--data.shards", f"[{tmp_path / 'fresh'}]", "--data.config.least_score", "-99",
        "--model.init_from", "null", "--model.model", json.dumps(TINY),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(read_index(tmp_path / "fresh")) == len(TEXTS)
