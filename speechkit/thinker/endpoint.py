"""A thinker behind any OpenAI-compatible chat server that takes audio, images or video."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from speechkit.config import Config
from speechkit.metrics.judge_scores import ChainVariant
from speechkit.protocols import Direction, Reply, StrategyToInstruction, Turn
from speechkit.thinker.answers import check_turns, last_reply, reply_from_text, then_reply, turn_language
from speechkit.thinker.chat_client import ChatClient, ChatConfig
from speechkit.thinker.instruction import TemplateInstruction
from speechkit.thinker.media import data_address, file_address, wav_bytes
from speechkit.thinker.prompts import format_prompt, with_format

MediaStyle = Literal["openai", "vllm"]


@dataclass(frozen=True, kw_only=True)
class EndpointConfig(Config):
    """What the server is asked for."""

    chat: ChatConfig
    """The server."""
    variant: ChainVariant = "full"
    """Fields of the chain of thought."""
    media_style: MediaStyle = "openai"
    """Audio as `input_audio` ("openai") or `audio_url` ("vllm"); images and video as data addresses in both."""
    max_media_bytes: int = 50_000_000
    """Of one file."""
    prompted: bool = True
    """Ask for the format in the system turn; off for models that were trained on a format of the chain."""


class EndpointThinker:
    """Sends the turns as chat messages, reads the chain of thought from the answer."""

    def __init__(self, config: EndpointConfig, *, director: StrategyToInstruction | None = None) -> None:
        """No connection is made before the first answer.

        Args:
            config: of the server and the request.
            director: strategy to instruction; templates by default.
        """
        self.config = config
        self.client = ChatClient(config.chat)
        self.director = director or TemplateInstruction()
        self.name = f"endpoint:{config.chat.model}"

    def reply(self, turns: Sequence[Turn]) -> Reply:
        """See `Thinker`."""
        return last_reply(self, turns)

    def stream(self, turns: Sequence[Turn]) -> Iterator[str | Direction | Reply]:
        """See `Thinker`."""
        language = turn_language(check_turns(turns))
        if self.config.prompted:
            turns = with_format(turns, format_prompt(self.config.variant, language or "en"))
        messages = [self._message(turn) for turn in turns]

        def finish(raw: str, direction: Direction | None) -> Reply:
            return reply_from_text(
                raw,
                thinker=self.name,
                director=self.director,
                variant=self.config.variant,
                direction=direction,
                default_language=language,
                problems=("length",) if self.client.finish_reason == "length" else (),
            )

        yield from then_reply(
            self.client.stream(messages),
            finish,
            director=self.director,
            variant=self.config.variant,
            default_language=language,
        )

    def _message(self, turn: Turn) -> dict[str, Any]:
        parts = chat_parts(turn, self.config.media_style, self.config.max_media_bytes)
        only_text = len(parts) == 1 and parts[0]["type"] == "text"
        return {"role": turn.role, "content": parts[0]["text"] if only_text else parts}


def chat_parts(turn: Turn, media_style: MediaStyle, max_media_bytes: int) -> list[dict[str, Any]]:
    """The content of a turn as parts of a chat message: video, images and audio, then text.

    Raises:
        ThinkerError: a file is missing, of another kind, or too large.
    """
    parts: list[dict[str, Any]] = []
    if turn.video:
        parts.append({"type": "video_url", "video_url": {"url": file_address(turn.video, "video", max_media_bytes)}})
    for image in turn.images:
        parts.append({"type": "image_url", "image_url": {"url": file_address(image, "image", max_media_bytes)}})
    if turn.audio is not None and turn.sample_rate:
        wav = wav_bytes(turn.audio, turn.sample_rate)
        if media_style == "vllm":
            parts.append({"type": "audio_url", "audio_url": {"url": data_address(wav, "audio/wav")}})
        else:
            held = {"data": base64.b64encode(wav).decode(), "format": "wav"}
            parts.append({"type": "input_audio", "input_audio": held})
    if turn.text:
        parts.append({"type": "text", "text": turn.text})
    return parts
