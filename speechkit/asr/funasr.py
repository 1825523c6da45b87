"""Paraformer and SenseVoice through funasr: the Mandarin recognisers of the published figures."""

from __future__ import annotations

import re
from typing import Any

from speechkit.asr.listening import folder_fingerprint, model_name, prepare
from speechkit.errors import CheckpointError, DependencyError
from speechkit.protocols import Waveform

_TAGS = re.compile(r"<\|[^|]*\|>")


class FunasrTranscriber:
    """A funasr `AutoModel` that turns speech into text: paraformer-zh, SenseVoiceSmall.

    Source: Gao et al. 2022, arXiv:2206.08317 (Paraformer). funasr works beside a CPU torch only without torchaudio.
    """

    def __init__(self, model: str, *, threads: int = 2, device: str = "cpu") -> None:
        """Load.

        Args:
            model: a local model folder, or an id that funasr fetches.
            threads: CPU threads.
            device: of torch.
        Raises:
            DependencyError: funasr is not installed, or cannot be imported here.
            CheckpointError: the model cannot be loaded.
        """
        try:
            from funasr import AutoModel
        except (ImportError, OSError) as error:
            raise DependencyError(
                f"this recogniser needs funasr ({error}): pip install 'speechkit[emotion2vec]'."
            ) from error
        try:
            self._model: Any = AutoModel(
                model=model, device=device, ncpu=threads, disable_update=True, disable_pbar=True, log_level="ERROR",
                frontend_conf={"dither": 0.0},  # its default puts noise into the features: another text each time
            )  # fmt: skip
        except Exception as error:
            raise CheckpointError(f"funasr cannot load {model!r}: {error}") from error
        self.name = model_name("funasr", model)
        self.fingerprint = folder_fingerprint(model, ("*.pt",))

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """Text of one utterance without SenseVoice's tags; see `Transcriber`."""
        samples = prepare(waveform, sample_rate, language)
        answer = self._model.generate(input=samples, fs=16000, language=language, use_itn=False)
        return _TAGS.sub("", str(answer[0].get("text", ""))).strip() if answer else ""
