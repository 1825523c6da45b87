"""Whisper through transformers, from a local folder or a hub id."""

from __future__ import annotations

from typing import Any

import torch

from speechkit.asr.listening import SAMPLE_RATE, folder_fingerprint, model_name, prepare
from speechkit.errors import CheckpointError, DependencyError
from speechkit.protocols import Waveform

CHUNK_SECONDS = 30


class TransformersWhisperTranscriber:
    """`WhisperForConditionalGeneration`, greedy, in 30 s chunks (as the EMOVA and EmoOmniEval scripts use it)."""

    def __init__(self, model: str, *, device: str = "cpu", max_new_tokens: int = 440) -> None:
        """Load.

        Args:
            model: a local folder (config, weights, tokenizer, feature extractor), or a hub id.
            device: of torch.
            max_new_tokens: per chunk; EMOVA's 128 can cut fast speech short.
        Raises:
            DependencyError: transformers is not installed.
            CheckpointError: the model cannot be loaded.
        """
        try:
            from transformers import WhisperForConditionalGeneration, WhisperProcessor
        except ImportError as error:
            raise DependencyError("this recogniser needs transformers: pip install 'speechkit[thinker]'.") from error
        try:
            self._processor: Any = WhisperProcessor.from_pretrained(model)
            self._model: Any = WhisperForConditionalGeneration.from_pretrained(model).to(device).eval()
        except (OSError, ValueError, KeyError) as error:
            raise CheckpointError(f"transformers cannot load Whisper from {model!r}: {error}") from error
        self.name = model_name("whisper-transformers", model)
        self.fingerprint = folder_fingerprint(model, ("*.safetensors", "*.bin"))
        self.device = device
        self.max_new_tokens = max_new_tokens

    @torch.inference_mode()
    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """Text of one utterance; see `Transcriber`."""
        samples = prepare(waveform, sample_rate, language)
        size = CHUNK_SECONDS * SAMPLE_RATE
        return " ".join(self._chunk(samples[i : i + size], language) for i in range(0, len(samples), size)).strip()

    def _chunk(self, samples: Waveform, language: str) -> str:
        features = self._processor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features
        ids = self._model.generate(
            features.to(self.device),
            language=language,
            task="transcribe",
            do_sample=False,
            num_beams=1,
            max_new_tokens=self.max_new_tokens,
        )
        return self._processor.batch_decode(ids, skip_special_tokens=True)[0].strip()
