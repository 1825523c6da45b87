"""Whisper through onnxruntime, from a folder in the layout of optimum or transformers.js, quantised or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from speechkit.asr.listening import SAMPLE_RATE, files_fingerprint, model_name, prepare
from speechkit.asr.merged_decoder import MergedDecoder
from speechkit.errors import CheckpointError, DependencyError
from speechkit.protocols import Waveform

WINDOW = 30 * SAMPLE_RATE
"""Samples that Whisper hears at once."""

FRAMES = 3000
"""Frames of its mel spectrogram for them."""

TOKENS = 200
"""Longest text of a window, in tokens."""


class OnnxWhisperTranscriber:
    """Whisper, greedy, without time stamps; what is longer than 30 s is heard in pieces of 30 s.

    Source: Radford et al. 2022, arXiv:2212.04356.
    """

    def __init__(self, model: str, *, threads: int = 2) -> None:
        """Load.

        Args:
            model: folder with tokenizer.json, generation_config.json, preprocessor_config.json and, there or in `onnx/`,
                encoder_model and decoder_model_merged, each as `.onnx` or `_quantized.onnx`.
            threads: CPU threads.
        Raises:
            DependencyError: onnxruntime or faster-whisper, whose front end and tokenizer it takes, is not installed.
            CheckpointError: a file is missing or damaged.
        """
        folder = Path(model)
        files = [_stored(folder, name) for name in ("encoder_model", "decoder_model_merged")]
        try:
            import onnxruntime
            from faster_whisper.feature_extractor import FeatureExtractor
            from tokenizers import Tokenizer
        except ImportError as error:
            raise DependencyError(
                "this recogniser needs onnxruntime and faster-whisper: pip install 'speechkit[eval]'."
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._settings, front = (
                json.loads((folder / name).read_text(encoding="utf-8"))
                for name in ("generation_config.json", "preprocessor_config.json")
            )
            self._mel: Any = FeatureExtractor(feature_size=front["feature_size"])
            self._encoder = onnxruntime.InferenceSession(str(files[0]), options)
            self._decoder = MergedDecoder(onnxruntime.InferenceSession(str(files[1]), options))
        except Exception as error:  # each of the three libraries has its own
            raise CheckpointError(f"no Whisper model can be loaded from {folder}: {error}") from error
        self.name = model_name("whisper-onnx", model)
        self.fingerprint = files_fingerprint(files)

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """Text of one utterance; see `Transcriber`."""
        audio = prepare(waveform, sample_rate, language)
        pieces = (self._window(audio[begin : begin + WINDOW], language) for begin in range(0, len(audio), WINDOW))
        return " ".join(piece for piece in pieces if piece)

    def _window(self, audio: Waveform, language: str) -> str:
        mel = self._mel(np.pad(audio, (0, WINDOW - len(audio))))[:, :FRAMES].astype(np.float32)
        hidden = self._encoder.run(None, {self._encoder.get_inputs()[0].name: mel[None]})[0]
        marks = ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>")
        tokens = self._decoder.greedy(
            hidden,
            [self._tokenizer.token_to_id(mark) for mark in marks],
            end=self._settings["eos_token_id"],
            longest=TOKENS,
            never=self._settings.get("suppress_tokens") or (),
        )
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True)).strip()


def _stored(folder: Path, name: str) -> Path:
    """The first of the places where a model of that name may lie."""
    names = (f"{name}.onnx", f"{name}_quantized.onnx")
    found = [place / file for place in (folder, folder / "onnx") for file in names if (place / file).is_file()]
    if not found:
        raise CheckpointError(f"whisper-onnx needs {' or '.join(names)} in {folder}, or in its folder onnx.")
    return found[0]
