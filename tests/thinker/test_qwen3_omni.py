"""Qwen3-Omni behind the same adapter, on a tiny random model of its classes; where transformers and torchvision have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinker.tiny_thinkers import SPECIAL, TEMPLATE, byte_tokenizer, has_torchvision

from speechkit.errors import ThinkerError
from speechkit.protocols import Turn
from speechkit.thinker.qwen_omni import QwenOmniConfig, QwenOmniThinker, load_qwen_omni

SHORT = QwenOmniConfig(max_new_tokens=6)
NOISE = (0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32)


@pytest.fixture(scope="module")
def parts() -> tuple[Any, Any]:
    """A mixture of four experts, and its processor."""
    transformers = pytest.importorskip("transformers")
    if not has_torchvision():
        pytest.skip("torchvision is not installed")
    if not hasattr(transformers, "Qwen3OmniMoeThinkerForConditionalGeneration"):
        pytest.skip("this transformers has no Qwen3-Omni")
    import torch
    from transformers import (
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
        Qwen3OmniMoeProcessor,
        Qwen3OmniMoeThinkerConfig,
        Qwen3OmniMoeThinkerForConditionalGeneration,
        WhisperFeatureExtractor,
    )

    tokenizer = byte_tokenizer(SPECIAL, TEMPLATE)
    ids = tokenizer.get_vocab()
    new = int(transformers.__version__.split(".")[0]) >= 5
    torch.manual_seed(0)
    config = Qwen3OmniMoeThinkerConfig(
        audio_config={
            "num_mel_bins": 128, "d_model": 32, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32,
            "output_dim": 32, "n_window": 50, "downsample_hidden_size": 8,
        },
        vision_config={
            "depth": 1, "hidden_size": 32, "out_hidden_size": 32, "num_heads": 2, "intermediate_size": 32,
            "num_position_embeddings": 16, "deepstack_visual_indexes": [0],
        },
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 8192,
            "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16,
            ("rope_parameters" if new else "rope_scaling"): {
                "rope_type": "default", "mrope_section": [2, 3, 3], **({"rope_theta": 1e6} if new else {}),
            },
            "eos_token_id": ids["<|im_end|>"], "pad_token_id": ids["<|endoftext|>"],
        },
        audio_token_id=ids["<|AUDIO|>"], image_token_id=ids["<|IMAGE|>"], video_token_id=ids["<|VIDEO|>"],
        audio_start_token_id=ids["<|audio_bos|>"], vision_start_token_id=ids["<|vision_bos|>"],
        vision_end_token_id=ids["<|vision_eos|>"], audio_end_token_id=ids["<|audio_eos|>"],
    )  # fmt: skip
    processor = Qwen3OmniMoeProcessor(
        image_processor=Qwen2VLImageProcessor(patch_size=16, merge_size=2),
        video_processor=Qwen2VLVideoProcessor(patch_size=16, merge_size=2),
        feature_extractor=WhisperFeatureExtractor(feature_size=128, chunk_length=10, n_samples=160000, nb_max_frames=1000),
        tokenizer=tokenizer,
        chat_template=TEMPLATE,
    )
    return Qwen3OmniMoeThinkerForConditionalGeneration(config).eval(), processor


def test_sound_text_and_pictures(parts: tuple[Any, Any], tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (64, 64), (200, 10, 10)).save(tmp_path / "a.png")
    thinker = QwenOmniThinker(*parts, SHORT)
    turns = [Turn(audio=NOISE, sample_rate=16000, text="Hear this."), Turn(role="assistant", text="Yes.")]
    reply = thinker.reply([*turns, Turn(images=(str(tmp_path / "a.png"),), text="And see this.")])
    assert reply.text and reply.raw
    assert thinker.reply([Turn(text="Hi")]) == thinker.reply([Turn(text="Hi")])
    with pytest.raises(ThinkerError, match="nothing is cut"):
        QwenOmniThinker(*parts, QwenOmniConfig(max_prompt_tokens=5)).reply([Turn(text="Hi")])


def test_saved_and_loaded(parts: tuple[Any, Any], tmp_path: Path) -> None:
    for part in parts:
        part.save_pretrained(tmp_path / "m")
    loaded = load_qwen_omni(str(tmp_path / "m"), SHORT, dtype="float32")
    assert loaded.reply([Turn(text="Hi")]).thoughts == QwenOmniThinker(*parts, SHORT).reply([Turn(text="Hi")]).thoughts
