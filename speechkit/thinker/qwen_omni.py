"""Qwen's omni models as thinker: sound, video, images and text in, the chain of thought out."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechkit.config import Config
from speechkit.errors import CheckpointError, ConfigError, DependencyError, ThinkerError
from speechkit.metrics.judge_scores import ChainVariant
from speechkit.protocols import Direction, Reply, StrategyToInstruction, Turn
from speechkit.thinker.answers import (
    MAX_AUDIO_SECONDS,
    check_turns,
    last_reply,
    reply_from_text,
    then_reply,
    turn_language,
)
from speechkit.thinker.instruction import TemplateInstruction
from speechkit.thinker.prompts import format_prompt, with_format
from speechkit.thinker.qwen_inputs import omni_inputs, processor_arguments

_CLASSES = {
    "qwen2_5_omni": ("Qwen2_5OmniThinkerForConditionalGeneration", "Qwen2_5OmniProcessor"),
    "qwen3_omni_moe": ("Qwen3OmniMoeThinkerForConditionalGeneration", "Qwen3OmniMoeProcessor"),
}
"""Model type to the classes of thinker and processor in transformers."""

_FEATURES = {"input_features", "pixel_values", "pixel_values_videos"}
"""Inputs in the model's dtype; times stay as exact as they are."""


@dataclass(frozen=True, kw_only=True)
class QwenOmniConfig(Config):
    """How the model is asked, and how it writes."""

    variant: ChainVariant = "full"
    """Fields of the chain of thought."""
    prompted: bool = True
    """Ask for the format in the system turn; off for models that were trained on a format of the chain."""
    max_new_tokens: int = 512
    """Longest answer."""
    max_prompt_tokens: int = 12000
    """Longer prompts are refused, sound and video counted (25 tokens a second of sound)."""
    max_audio_seconds: float = MAX_AUDIO_SECONDS
    """Longest sound or video; longer is refused, nothing is truncated."""
    audio_in_video: bool = True
    """Hear videos as well as see them."""
    frames_per_second: float = 1.0
    """Of videos."""
    max_frame_side: int = 448
    """Longest side of a video frame, in pixels."""
    temperature: float = 0.0
    """0 is greedy."""
    seed: int = 0
    """Of sampling."""

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1 or self.max_prompt_tokens < 1 or self.temperature < 0 or self.frames_per_second <= 0:
            raise ConfigError("QwenOmniConfig: token limits and frames_per_second are positive, temperature >= 0.")


class QwenOmniThinker:
    """The thinker half of Qwen2.5-Omni or Qwen3-Omni, without its talker."""

    def __init__(
        self,
        model: Any,
        processor: Any,
        config: QwenOmniConfig | None = None,
        *,
        director: StrategyToInstruction | None = None,
        name: str = "qwen-omni",
    ) -> None:
        """Take a loaded model and its processor; `load_qwen_omni` loads both.

        Args:
            model: `Qwen2_5OmniThinkerForConditionalGeneration`, in evaluation mode.
            processor: of the model.
            config: how to ask and write.
            director: strategy to instruction; templates by default.
            name: for records.
        """
        self.model = model
        self.processor = processor
        self.config = config or QwenOmniConfig()
        self.director = director or TemplateInstruction()
        self.name = name

    def reply(self, turns: Sequence[Turn]) -> Reply:
        """See `Thinker`."""
        return last_reply(self, turns)

    def stream(self, turns: Sequence[Turn]) -> Iterator[str | Direction | Reply]:
        """See `Thinker`."""
        config = self.config
        language = turn_language(check_turns(turns, max_audio_seconds=config.max_audio_seconds))
        if config.prompted:
            turns = with_format(turns, format_prompt(config.variant, language or "en"))
        run = _Generation(self.model, self.processor, self._inputs(turns), config)

        def finish(raw: str, direction: Direction | None) -> Reply:
            return reply_from_text(
                raw,
                thinker=self.name,
                director=self.director,
                variant=config.variant,
                direction=direction,
                default_language=language,
                problems=("length",) if run.reached_limit else (),
            )

        yield from then_reply(
            run.pieces(), finish, director=self.director, variant=config.variant, default_language=language
        )

    def _inputs(self, turns: Sequence[Turn]) -> dict[str, Any]:
        """Tensors for `generate`, on the model's device."""
        config = self.config
        inputs = omni_inputs(
            turns,
            frames_per_second=config.frames_per_second,
            max_seconds=config.max_audio_seconds,
            max_side=config.max_frame_side,
            audio_in_video=config.audio_in_video,
        )
        text = self.processor.apply_chat_template(inputs.conversation, tokenize=False, add_generation_prompt=True)
        arguments = processor_arguments(inputs, self.processor, config.frames_per_second)
        try:
            batch = self.processor(text=[text] if isinstance(text, str) else text, **arguments)
        except (ValueError, TypeError, RuntimeError, AttributeError, IndexError) as error:
            raise ThinkerError(f"the processor of {self.name} does not take this turn: {error}.") from error
        count = batch["input_ids"].shape[1]
        if count > config.max_prompt_tokens:
            raise ThinkerError(
                f"the turns have {count} tokens, {self.name} takes {config.max_prompt_tokens}; nothing is cut: drop turns, "
                "shorten sound or video, or raise max_prompt_tokens."
            )
        tensors = dict(batch.to(self.model.device))
        for key in _FEATURES & tensors.keys():
            tensors[key] = tensors[key].to(self.model.dtype)
        return {**tensors, "use_audio_in_video": inputs.audio_in_video}


class _Generation:
    """One run of `generate` in a thread, read piece by piece; leaving it early stops the thread."""

    def __init__(self, model: Any, processor: Any, inputs: dict[str, Any], config: QwenOmniConfig) -> None:
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        self.model = model
        self.stopped = threading.Event()
        self.error: Exception | None = None
        self.new_tokens = 0
        self.limit = config.max_new_tokens
        tokenizer = processor.tokenizer
        self.streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self.arguments = {
            **inputs,
            "max_new_tokens": config.max_new_tokens,
            "do_sample": config.temperature > 0,
            **({"temperature": config.temperature} if config.temperature > 0 else {}),
            "eos_token_id": end_tokens(tokenizer),
            "pad_token_id": tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
            "streamer": self.streamer,
            "stopping_criteria": StoppingCriteriaList([lambda *_: self.stopped.is_set()]),
        }
        self.prompt_tokens = inputs["input_ids"].shape[1]
        self.seed = config.seed

    @property
    def reached_limit(self) -> bool:
        """Whether the answer was cut at `max_new_tokens`."""
        return self.new_tokens >= self.limit

    def pieces(self) -> Iterator[str]:
        """Text as it is written.

        Raises:
            ThinkerError: generation failed.
        """
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield from (piece for piece in self.streamer if piece)
        finally:
            self.stopped.set()
            thread.join()
        if self.error is not None:
            raise ThinkerError(f"the model failed while it wrote: {self.error}") from self.error

    def _run(self) -> None:
        import torch

        try:
            torch.manual_seed(self.seed)
            with torch.inference_mode():
                written = self.model.generate(**self.arguments)
            self.new_tokens = written.shape[1] - self.prompt_tokens
        except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
            self.error = error
        finally:
            self.streamer.on_finalized_text("", stream_end=True)


def end_tokens(tokenizer: Any) -> list[int]:
    """Ids that end an answer: the tokenizer's own, and the ends of a turn and of a text where it has them.

    Raises:
        CheckpointError: it has none.
    """
    vocabulary = tokenizer.get_vocab()
    known = {vocabulary[token] for token in ("<|im_end|>", "<|endoftext|>") if token in vocabulary}
    ends = sorted(known | ({tokenizer.eos_token_id} - {None}))
    if not ends:
        raise CheckpointError("the tokenizer has no token that ends an answer; the model could not stop.")
    return ends


def load_qwen_omni(
    model: str,
    config: QwenOmniConfig | None = None,
    *,
    adapter: str | None = None,
    device_map: str | dict[str, Any] | None = None,
    dtype: str = "auto",
    director: StrategyToInstruction | None = None,
) -> QwenOmniThinker:
    """Load model and processor.

    Args:
        model: a local folder or a hub id of a whole Qwen2.5-Omni or Qwen3-Omni, or of its thinker alone.
        config: how to ask and write.
        adapter: folder of a LoRA adapter (peft), merged into the weights.
        device_map: "auto", "cuda:0", or a map of modules to devices; None is the CPU.
        dtype: a torch dtype by name, or "auto" for that of the weights.
        director: strategy to instruction.
    Raises:
        DependencyError: transformers, torchvision or peft is not installed.
        CheckpointError: the model or the adapter cannot be loaded.
    """
    try:
        import transformers
    except ImportError as error:
        raise DependencyError("this thinker needs transformers: pip install 'speechkit[thinker]'.") from error
    try:
        kind = transformers.AutoConfig.from_pretrained(model).model_type.removesuffix("_thinker")
        if kind not in _CLASSES:
            raise CheckpointError(f"{model!r} is a {kind} model; this thinker takes {', '.join(_CLASSES)}.")
        thinker_class, processor_class = (getattr(transformers, name) for name in _CLASSES[kind])
        processor = processor_class.from_pretrained(model)
        loaded = thinker_class.from_pretrained(model, dtype=dtype, device_map=device_map or "cpu")
    except ImportError as error:
        raise DependencyError(f"transformers needs more to load {model!r}: {error}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise CheckpointError(
            f"transformers cannot load {model!r}: {error} (the processor also needs torchvision that fits torch)"
        ) from error
    if adapter is not None:
        loaded = merge_adapter(loaded, adapter)
    return QwenOmniThinker(loaded.eval(), processor, config, director=director, name=f"qwen-omni:{Path(model).name}")


def merge_adapter(model: Any, adapter: str) -> Any:
    """The model with the weights of a LoRA adapter added.

    Raises:
        DependencyError: peft is not installed.
        CheckpointError: no adapter there, or one for another model.
    """
    if not (Path(adapter) / "adapter_config.json").is_file():
        raise CheckpointError(f"{adapter} holds no adapter_config.json; give the folder that peft has saved.")
    try:
        from peft import PeftModel
    except ImportError as error:
        raise DependencyError("LoRA adapters need peft: pip install 'speechkit[thinker]'.") from error
    try:
        return PeftModel.from_pretrained(model, adapter).merge_and_unload()
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"the adapter {adapter} does not fit the model: {error}") from error
