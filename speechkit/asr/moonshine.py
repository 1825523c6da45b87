"""Moonshine through onnxruntime: an English recogniser that shares nothing with Whisper."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.asr.listening import SAMPLE_RATE, files_fingerprint, model_name, prepare, require_files
from speechkit.asr.merged_decoder import MergedDecoder
from speechkit.asr.onnx_folding import folded_session
from speechkit.errors import CheckpointError, DependencyError, TextError
from speechkit.protocols import Waveform

FILES = ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")
START, END = 1, 2
TOKENS_PER_SECOND = 6.5
"""Moonshine's own bound on the length of the text."""


class MoonshineTranscriber:
    """Moonshine, greedy, with the key-value cache of its merged decoder.

    Source: Jeffries et al. 2024, arXiv:2410.15608.
    """

    def __init__(self, model: str, *, threads: int = 2) -> None:
        """Load.

        Args:
            model: folder with encoder_model.ort, decoder_model_merged.ort and tokenizer.bin.
            threads: CPU threads.
        Raises:
            DependencyError: onnxruntime is not installed.
            CheckpointError: a file is missing or damaged.
        """
        folder = Path(model)
        files = require_files(folder, FILES, "moonshine")
        try:
            import onnxruntime
        except ImportError as error:
            raise DependencyError("this recogniser needs onnxruntime: pip install 'speechkit[eval]'.") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._encoder = onnxruntime.InferenceSession(str(files[0]), options)
            self._decoder = MergedDecoder(folded_session(files[1], threads))
        except Exception as error:
            raise CheckpointError(f"onnxruntime cannot load the model in {folder}: {error}") from error
        self._vocabulary = read_vocabulary(files[2].read_bytes())
        self.name = model_name("moonshine", model)
        self.fingerprint = files_fingerprint(files)

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """English text of one utterance; see `Transcriber`.

        Raises:
            TextError: the language is not "en".
        """
        if language != "en":
            raise TextError(f"moonshine hears English only, got language {language!r}.")
        audio = prepare(waveform, sample_rate, language, pad_seconds=0.0)[None]
        longest = int(audio.shape[1] / SAMPLE_RATE * TOKENS_PER_SECOND) + 6
        tokens = self._decoder.greedy(self._encode(audio), [START], end=END, longest=longest, heard=audio.shape[1])
        return text_of(tokens, self._vocabulary)

    def _encode(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        names = [entry.name for entry in self._encoder.get_inputs()]
        feeds: dict[str, Any] = {names[0]: audio}
        if len(names) > 1:
            feeds[names[1]] = np.ones(audio.shape, np.int64)
        return self._encoder.run(None, feeds)[0]


def read_vocabulary(data: bytes) -> list[bytes]:
    """Tokens of a tokenizer.bin: each is a length (one byte below 128, else two: high part last) and its bytes.

    >>> read_vocabulary(bytes([2]) + b"ab" + bytes([1]) + b"c")
    [b'ab', b'c']
    """
    tokens, place = [], 0
    while place < len(data):
        length = data[place]
        place += 1
        if length >= 128:
            length = data[place] * 128 + length - 128
            place += 1
        tokens.append(data[place : place + length])
        place += length
    return tokens


def text_of(tokens: list[int], vocabulary: list[bytes]) -> str:
    """Text of token ids; the byte tokens `<0x..>` and the word mark become what they stand for.

    >>> text_of([0, 1], ["\u2581so".encode(), "\u2581on".encode()])
    'so on'
    """
    pieces = [vocabulary[token] for token in tokens if token < len(vocabulary)]
    joined = b"".join(_byte_token(piece) for piece in pieces)
    return joined.decode("utf-8", "ignore").replace("\u2581", " ").strip()


def _byte_token(piece: bytes) -> bytes:
    match = re.fullmatch(rb"<0x([0-9A-Fa-f]{2})>", piece)
    return bytes([int(match[1], 16)]) if match else piece
