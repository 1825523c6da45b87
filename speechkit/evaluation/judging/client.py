"""A judge behind an OpenAI-compatible chat interface: one request at a time, retried where waiting can help."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from speechkit.config import Config
from speechkit.errors import ConfigError, SpeechkitError
from speechkit.evaluation.judging.media import MEDIA_STYLES, media_parts

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
WORTH_RETRYING = {408, 409, 425, 429, 500, 502, 503, 504, 520, 529}


class JudgeError(SpeechkitError, OSError):
    """A judge did not answer, or not in the form that its interface promises."""


@dataclass(frozen=True, kw_only=True)
class JudgeClientConfig(Config):
    """Where a judge is, and how it is asked."""

    base_url: str
    """Up to and without `/chat/completions`."""
    model: str
    """As the server names it."""
    media_style: str = "gemini_image_url"
    """ "gemini_image_url", "openai" or "vllm"; see `media_parts`."""
    key_variable: str = "SPEECHKIT_JUDGE_KEY"
    """Environment variable with the key; none is sent where it is empty."""
    temperature: float = 0.0
    """Of sampling."""
    seed: int = 0
    """Of sampling, where the server knows it."""
    max_tokens: int = 8192
    """Of the answer."""
    timeout_seconds: float = 300.0
    """Of one request."""
    retries: int = 3
    """Further requests after a failed one."""
    backoff_seconds: float = 2.0
    """Wait before the first retry; doubled each time."""
    max_media_bytes: int = 20_000_000
    """Largest file that is sent."""

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ConfigError(f"base_url must start with http:// or https://, got {self.base_url!r}.")
        if self.media_style not in MEDIA_STYLES:
            raise ConfigError(f"media_style must be one of {', '.join(MEDIA_STYLES)}, got {self.media_style!r}.")
        if self.retries < 0 or self.timeout_seconds <= 0:
            raise ConfigError("JudgeClientConfig needs retries >= 0 and timeout_seconds > 0.")


class ChatJudge:
    """The `Judge` of `speechkit.protocols` over HTTP. The key never appears in a message, a log or a result."""

    def __init__(self, config: JudgeClientConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.config = config
        self.name = config.model
        self._sleep = sleep
        host = urllib.parse.urlsplit(config.base_url).hostname
        handlers = [urllib.request.ProxyHandler({})] if host in LOOPBACK else []
        self._opener = urllib.request.build_opener(*handlers)

    def ask(self, system: str, prompt: str, media: tuple[str, ...] = ()) -> str:
        """The judge's answer.

        Raises:
            JudgeError: no usable answer after all retries, or a refusal that repeating cannot change.
            AudioFileError: a medium is missing. WaveformError: a medium is too large.
        """
        body = json.dumps(self._payload(system, prompt, media)).encode()
        problem = "not asked"
        for attempt in range(self.config.retries + 1):
            if attempt:
                self._sleep(self.config.backoff_seconds * 2 ** (attempt - 1))
            answer, problem, final = self._request(body)
            if answer is not None:
                return answer
            if final:
                break
        raise JudgeError(f"judge {self.name} at {self.config.base_url} gave no answer: {problem}.")

    def _payload(self, system: str, prompt: str, media: tuple[str, ...]) -> dict[str, Any]:
        parts = media_parts(media, self.config.media_style, self.config.max_media_bytes)
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": [{"type": "text", "text": prompt}, *parts]})  # type: ignore[dict-item]
        config = self.config
        sampling = {"temperature": config.temperature, "seed": config.seed, "max_tokens": config.max_tokens}
        return {"model": config.model, **sampling, "messages": messages}

    def _request(self, body: bytes) -> tuple[str | None, str, bool]:
        """(answer or None, what went wrong, whether repeating is pointless)."""
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(self.config.key_variable, ""):
            headers["Authorization"] = f"Bearer {key}"
        url = f"{self.config.base_url.rstrip('/')}/chat/completions"
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        try:
            with self._opener.open(request, timeout=self.config.timeout_seconds) as response:
                return read_answer(response.read())
        except urllib.error.HTTPError as error:
            text = error.read(300).decode("utf-8", "replace").strip().replace("\n", " ")
            return None, f"HTTP {error.code} {text}", error.code not in WORTH_RETRYING
        except (OSError, ValueError, http.client.HTTPException) as error:  # refused, timed out, cut off
            return None, f"{type(error).__name__}: {error}", False


def read_answer(data: bytes) -> tuple[str | None, str, bool]:
    """Text of a chat completion: (text or None, problem, whether repeating is pointless)."""
    try:
        content = json.loads(data)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        start = data[:80].decode("utf-8", "replace")
        return None, f"not a chat completion ({type(error).__name__}): {start!r}", False
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content if isinstance(part, dict))
    if not isinstance(content, str) or not content.strip():
        return None, "an empty answer", False
    return content, "", True
