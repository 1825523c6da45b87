"""Whisper through faster-whisper (CTranslate2): the default recogniser for both languages."""

from __future__ import annotations

from pathlib import Path

from speechkit.asr.listening import files_fingerprint, model_name, prepare
from speechkit.errors import CheckpointError, DependencyError
from speechkit.protocols import Waveform

CALLERS = 4
"""Threads of a program that may call at the same time and are heard at the same time."""


class WhisperTranscriber:
    """Whisper, greedy, without the guards that leave short clips empty.

    Source: Radford et al. 2022, arXiv:2212.04356, as implemented by faster-whisper. Changed against its defaults: 0.3 s
    of silence on both sides, one segment does not condition the next, no silence and no log-probability threshold.
    """

    def __init__(self, model: str, *, threads: int = 2, compute_type: str = "int8", beam_size: int = 1) -> None:
        """Load.

        Args:
            model: a local CTranslate2 folder, or a name or hub id that faster-whisper fetches.
            threads: CPU threads.
            compute_type: of CTranslate2; "int8" is the fastest on CPUs.
            beam_size: 1 is greedy.
        Raises:
            DependencyError: faster-whisper is not installed.
            CheckpointError: the model cannot be loaded.
        """
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise DependencyError("this recogniser needs faster-whisper: pip install 'speechkit[eval]'.") from error
        try:
            self._model = WhisperModel(
                model, device="cpu", compute_type=compute_type, cpu_threads=threads, num_workers=CALLERS
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise CheckpointError(f"faster-whisper cannot load {model!r}: {error}") from error
        self.name = model_name("whisper", model)
        self.beam_size = beam_size
        weights = Path(model) / "model.bin"
        self.fingerprint = files_fingerprint([weights]) if weights.is_file() else ""

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """Text of one utterance; see `Transcriber`."""
        segments, _ = self._model.transcribe(
            prepare(waveform, sample_rate, language),
            language=language,
            beam_size=self.beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            no_speech_threshold=None,
            log_prob_threshold=None,
        )
        return " ".join(segment.text.strip() for segment in segments).strip()
