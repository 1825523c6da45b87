"""Recognisers behind `speechkit.protocols.Transcriber`; each loads its library when it is made, not when it is imported."""

from __future__ import annotations

from speechkit.asr.registry import TRANSCRIBERS, transcriber

__all__ = ["TRANSCRIBERS", "transcriber"]
