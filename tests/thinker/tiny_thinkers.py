"""Tiny random models of the real classes, and fakes of other stages, built offline for the tests of the thinker."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch

from speechkit.protocols import Waveform

SPECIAL = {
    "image_token": "<|IMAGE|>",
    "audio_token": "<|AUDIO|>",
    "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>",
    "audio_eos_token": "<|audio_eos|>",
}
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% for c in m['content'] %}"
    "{% if c['type'] == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>"
    "{% elif c['type'] == 'image' %}<|vision_bos|><|IMAGE|><|vision_eos|>"
    "{% elif c['type'] == 'video' %}<|vision_bos|><|VIDEO|><|vision_eos|>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class FakeScorer:
    """Hears the same in everything."""

    name = "fake"

    def __init__(self, scores: Mapping[str, float]) -> None:
        self.scores = dict(scores)
        self.labels = tuple(scores)

    def score(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        return self.scores


class FakeTranscriber:
    """Hears the same words in everything."""

    name = "fake"

    def __init__(self, text: str) -> None:
        self.text = text

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        return self.text


class ScriptedTextModel:
    """Chooses the given option each time and writes the given pieces."""

    name = "scripted"

    def __init__(self, pieces: Sequence[str] = ("I am here.",), index: int = 0) -> None:
        self.pieces = pieces
        self.index = index
        self.asked: list[tuple[list[dict[str, str]], list[str]]] = []

    def choose(self, messages: Sequence[dict[str, str]], options: Sequence[str]) -> Any:
        from speechkit.thinker.text_model import Choice

        self.asked.append((list(messages), list(options)))
        return Choice(index=min(self.index, len(options) - 1), scores=tuple(0.0 for _ in options))

    def write(self, messages: Sequence[dict[str, str]]) -> Any:
        self.asked.append((list(messages), []))
        yield from self.pieces


def byte_tokenizer(special: Mapping[str, str] | None = None, template: str | None = None) -> Any:
    """Every byte is a token, so that any text can be read and written."""
    pytest.importorskip("transformers")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>", *(special or {}).values()])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        **({"extra_special_tokens": dict(special)} if special else {}),
    )
    fast.chat_template = template
    return fast


def tiny_lm(*, template: bool = True) -> tuple[Any, Any]:
    """A random Llama with a byte tokenizer."""
    pytest.importorskip("transformers")
    from transformers import LlamaConfig, LlamaForCausalLM

    chat = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    tokenizer = byte_tokenizer(template=chat if template else None)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=4096,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config).eval(), tokenizer


def has_torchvision() -> bool:
    """Whether torchvision can be used; beside a CPU torch its operators are declared by hand, for tests only."""
    if importlib.util.find_spec("torchvision") is None:
        return False
    try:
        import torchvision
    except (RuntimeError, OSError):
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for signature in (
            "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
            "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        ):
            library.define(signature)
        has_torchvision.library = library  # type: ignore[attr-defined]
        import torchvision  # noqa: F401
    return True


def tiny_omni() -> tuple[Any, Any]:
    """A random Qwen2.5-Omni thinker and its processor; without torchvision the processor takes sound and text only."""
    pytest.importorskip("transformers")
    vision = has_torchvision()
    import transformers
    from transformers import Qwen2_5OmniThinkerConfig, Qwen2_5OmniThinkerForConditionalGeneration

    tokenizer = byte_tokenizer(SPECIAL, TEMPLATE)
    ids = tokenizer.get_vocab()
    new = int(transformers.__version__.split(".")[0]) >= 5
    torch.manual_seed(0)
    config = Qwen2_5OmniThinkerConfig(
        audio_config={
            "num_mel_bins": 128, "d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 2,
            "encoder_ffn_dim": 64, "output_dim": 32, "n_window": 100,
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "out_hidden_size": 32, "num_heads": 2, "intermediate_size": 64,
            "fullatt_block_indexes": [1], "window_size": 112,
        },
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 8192,
            ("rope_parameters" if new else "rope_scaling"): {
                "rope_type": "default", "mrope_section": [2, 3, 3], **({"rope_theta": 1e6} if new else {}),
            },
            "bos_token_id": None, "eos_token_id": ids["<|im_end|>"], "pad_token_id": ids["<|endoftext|>"],
        },
        audio_token_index=ids["<|AUDIO|>"],
        image_token_index=ids["<|IMAGE|>"],
        video_token_index=ids["<|VIDEO|>"],
        audio_start_token_id=ids["<|audio_bos|>"],
        audio_end_token_id=ids["<|audio_eos|>"],
        vision_start_token_id=ids["<|vision_bos|>"],
        vision_end_token_id=ids["<|vision_eos|>"],
    )  # fmt: skip
    model = Qwen2_5OmniThinkerForConditionalGeneration(config).eval()
    return model, _omni_processor(tokenizer, vision)


def _omni_processor(tokenizer: Any, vision: bool) -> Any:
    from transformers import Qwen2_5OmniProcessor, WhisperFeatureExtractor

    extractor = WhisperFeatureExtractor(feature_size=128, chunk_length=10, n_samples=160000, nb_max_frames=1000)
    if vision:
        from transformers import Qwen2VLImageProcessor, Qwen2VLVideoProcessor

        return Qwen2_5OmniProcessor(
            image_processor=Qwen2VLImageProcessor(),
            video_processor=Qwen2VLVideoProcessor(),
            feature_extractor=extractor,
            tokenizer=tokenizer,
            chat_template=TEMPLATE,
        )

    class SoundProcessor(Qwen2_5OmniProcessor):
        """Without the parts that need torchvision."""

        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            return type(argument)

    try:
        return SoundProcessor(
            image_processor=None, video_processor=None, feature_extractor=extractor, tokenizer=tokenizer,
            chat_template=TEMPLATE,
        )  # fmt: skip
    except (AttributeError, TypeError, ValueError, ImportError) as error:
        pytest.skip(f"this transformers cannot build the omni processor without torchvision: {error}")
