"""The emotion2vec adapter on a local folder with funasr's own class and random weights."""

import json
from pathlib import Path

import pytest
import torch

from speechkit.emotion import Emotion2vecScorer
from speechkit.errors import CheckpointError
from tests.contracts.test_quality_judge import speechlike

pytest.importorskip("funasr", reason="not installed: funasr")

LABELS = (
    "生气/angry 厌恶/disgusted 恐惧/fearful 开心/happy 中立/neutral 其他/other 难过/sad 吃惊/surprised <unk>".split()
)
AUDIO = {
    "extractor_mode": "layer_norm", "feature_encoder_spec": "[(16, 10, 5)] + [(16, 3, 2)] * 4 + [(16, 2, 2)] * 2",
    "conv_pos_width": 9, "conv_pos_groups": 4, "conv_pos_depth": 3, "conv_pos_pre_ln": False, "start_drop_path_rate": 0.0,
    "end_drop_path_rate": 0.0, "prenet_depth": 1, "model_depth": 1, "prenet_layerdrop": 0.0, "prenet_dropout": 0.0,
    "num_extra_tokens": 2, "init_extra_token_zero": True, "use_alibi_encoder": True, "num_alibi_heads": 4, "alibi_scale": 1.0,
    "learned_alibi": False, "learned_alibi_scale": True, "learned_alibi_scale_per_head": True, "alibi_max_pos": None,
    "learned_alibi_scale_per_layer": False, "local_grad_mult": 1.0, "decoder": None, "inverse_mask": False, "mask_prob": 0.0,
}  # fmt: skip
MODEL = {
    "embed_dim": 32, "num_heads": 4, "mlp_ratio": 2.0, "depth": 1, "norm_eps": 1e-5, "norm_affine": True, "layer_norm_first": False,
    "encoder_dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0, "post_mlp_drop": 0.0, "dropout_input": 0.0,
    "end_of_block_targets": False, "start_drop_path_rate": 0.0, "end_drop_path_rate": 0.0, "average_top_k_layers": 1,
    "loss_beta": 0.0, "loss_scale": None, "layerdrop": 0.0, "normalize": True, "modalities": {"audio": AUDIO},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from funasr.models.emotion2vec.model import Emotion2vec

    path = tmp_path_factory.mktemp("emotion2vec")
    torch.manual_seed(0)
    network = Emotion2vec(model_conf=MODEL, vocab_size=len(LABELS))
    torch.save(network.state_dict(), path / "model.pt")
    (path / "tokens.txt").write_text("\n".join(LABELS) + "\n", encoding="utf-8")
    tokens = {"unk_symbol": "<unk>", "split_with_space": True, "token_list": str(path / "tokens.txt")}
    config = {"model": "Emotion2vec", "model_conf": MODEL, "tokenizer": "CharTokenizer", "tokenizer_conf": tokens}
    config["init_param"] = str(path / "model.pt")
    (path / "config.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")  # JSON is YAML
    return path


def test_a_local_folder_scores_four_emotions(folder: Path) -> None:
    scorer = Emotion2vecScorer(str(folder))
    scores = scorer.score(speechlike(1.0, 24000), 24000)
    assert tuple(scores) == scorer.labels == ("neutral", "happy", "sad", "angry")
    assert sum(scores.values()) == pytest.approx(1.0, abs=1e-4) and min(scores.values()) > 0
    assert scores == scorer.score(speechlike(1.0, 24000), 24000)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        Emotion2vecScorer(str(tmp_path / "nothing"))
