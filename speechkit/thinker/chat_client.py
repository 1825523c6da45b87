"""A client of OpenAI-compatible chat servers: time-outs, a deadline, retries, and an error with a type for each failure."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from speechkit.config import Config
from speechkit.errors import ConfigError, ThinkerError, ThinkerTimeoutError

MAX_BYTES = 16 << 20
"""Longest answer that is read."""


class _Retry(Exception):
    """A failure that may pass: no connection, dropped, damaged, overloaded. Never leaves this module."""


@dataclass(frozen=True, kw_only=True)
class ChatConfig(Config):
    """Where the server is, and how patient to be."""

    base_url: str
    """For instance http://127.0.0.1:8000/v1; "/chat/completions" is appended."""
    model: str = ""
    """Name of the model; some servers take any."""
    timeout_seconds: float = 60.0
    """Without a byte for this long, the server hangs."""
    deadline_seconds: float = 300.0
    """For one whole answer, retries included."""
    retries: int = 2
    """Further attempts after a failure that may pass, before the first piece of text has come."""
    backoff_seconds: float = 0.5
    """Pause before the first further attempt; doubles each time."""
    max_new_tokens: int = 1024
    """Longest answer, in the model's tokens."""
    temperature: float = 0.0
    """0 is greedy."""
    seed: int = 0
    """Sent along; servers may ignore it."""
    api_key_variable: str = "SPEECHKIT_API_KEY"
    """Environment variable whose value, if there is one, is sent as bearer token."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"an endpoint is an http(s) address such as http://127.0.0.1:8000/v1, got {self.base_url!r}."
            )
        if min(self.timeout_seconds, self.deadline_seconds) <= 0 or self.retries < 0 or self.max_new_tokens < 1:
            raise ConfigError("an endpoint's time-outs and max_new_tokens are positive, its retries not negative.")


class ChatClient:
    """Sends messages, yields the answer's text as it comes."""

    def __init__(self, config: ChatConfig) -> None:
        self.config = config
        self.finish_reason = ""
        """Of the last answer: "stop", "length", or what the server says."""

    def stream(self, messages: list[dict[str, Any]], **extra: Any) -> Iterator[str]:
        """Pieces of the answer.

        Args:
            messages: as the chat API takes them.
            extra: further fields of the request.
        Raises:
            ThinkerTimeoutError: nothing came for too long, or not all by the deadline.
            ThinkerError: no connection, a refusal, an answer that is no chat completion, or one that broke off.
        """
        deadline = time.monotonic() + self.config.deadline_seconds
        pause = self.config.backoff_seconds
        for attempt in range(self.config.retries + 1):
            begun = False
            try:
                for piece in self._once(messages, extra, deadline):
                    begun = True
                    yield piece
                return
            except _Retry as error:
                if begun:
                    raise ThinkerError(f"{self._where} broke off in the middle of its answer: {error}.") from error
                if attempt == self.config.retries or time.monotonic() + pause > deadline:
                    kind = ThinkerTimeoutError if isinstance(error.__cause__, TimeoutError) else ThinkerError
                    raise kind(f"{self._where} failed {attempt + 1} times, at last: {error}.") from error
            time.sleep(pause)
            pause *= 2

    def complete(self, messages: list[dict[str, Any]], **extra: Any) -> str:
        """The whole answer; see `stream`."""
        return "".join(self.stream(messages, **extra))

    @property
    def _where(self) -> str:
        return f"the endpoint {self.config.base_url}"

    def _once(self, messages: list[dict[str, Any]], extra: Mapping[str, Any], deadline: float) -> Iterator[str]:
        parts = urlsplit(self.config.base_url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.config.timeout_seconds)
        try:
            body = json.dumps(self._request(messages, extra)).encode()
            connection.timeout = self._patience(deadline)
            connection.request("POST", f"{parts.path.rstrip('/')}/chat/completions", body, self._headers())
            socket = connection.sock
            response = connection.getresponse()
            self._check_status(response, socket, deadline)
            lines = self._lines(response, socket, deadline)
            streamed = "event-stream" in (response.getheader("content-type") or "")
            yield from self._events(lines) if streamed else self._whole(b"\n".join(lines))
        except TimeoutError as error:
            if time.monotonic() >= deadline:
                raise self._late() from error
            raise _Retry(f"no byte for {self.config.timeout_seconds:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise _Retry(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()

    def _request(self, messages: list[dict[str, Any]], extra: Mapping[str, Any]) -> dict[str, Any]:
        config = self.config
        return {
            "model": config.model, "messages": messages, "max_tokens": config.max_new_tokens,
            "temperature": config.temperature, "seed": config.seed, "stream": True, **extra,
        }  # fmt: skip

    def _headers(self) -> dict[str, str]:
        key = os.environ.get(self.config.api_key_variable, "")
        return {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}

    def _check_status(self, response: http.client.HTTPResponse, socket: Any, deadline: float) -> None:
        if response.status == 200:
            return
        words = b"\n".join(self._lines(response, socket, deadline, limit=4096))[:200].decode("utf-8", "replace")
        message = f"status {response.status} {response.reason}: {words!r}"
        if response.status in (408, 425, 429) or response.status >= 500:
            raise _Retry(message)
        raise ThinkerError(f"{self._where} refused the request with {message}.")

    def _patience(self, deadline: float) -> float:
        """Seconds to wait for the next byte."""
        return max(0.01, min(self.config.timeout_seconds, deadline - time.monotonic()))

    def _late(self) -> ThinkerTimeoutError:
        return ThinkerTimeoutError(f"{self._where} did not finish within {self.config.deadline_seconds:g} s.")

    def _lines(
        self, response: http.client.HTTPResponse, socket: Any, deadline: float, limit: int = MAX_BYTES
    ) -> Iterator[bytes]:
        """Lines as they come; the deadline holds also for a server that sends a byte now and then."""
        rest, total = b"", 0
        while block := response.read1(65536):
            total += len(block)
            if time.monotonic() > deadline:
                raise self._late()
            if socket.fileno() >= 0:
                socket.settimeout(self._patience(deadline))
            *lines, rest = (rest + block).split(b"\n")
            yield from lines
            if total > limit:
                break
        if total > MAX_BYTES:
            raise ThinkerError(f"{self._where} sent more than {MAX_BYTES >> 20} MiB.")
        if response.length and total <= limit:  # of a body with a stated length
            raise _Retry(f"the answer broke off, {response.length} bytes early")
        yield rest

    def _events(self, lines: Iterator[bytes]) -> Iterator[str]:
        self.finish_reason = ""
        for line in lines:
            data = line.strip().removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
            if data == b"[DONE]":
                self.finish_reason = self.finish_reason or "stop"
                return
            if data:
                piece, reason = self._choice(data, "delta")
                self.finish_reason = reason or self.finish_reason
                if piece:
                    yield piece
        if not self.finish_reason:
            raise _Retry("the stream ended before the answer did")

    def _whole(self, data: bytes) -> Iterator[str]:
        piece, self.finish_reason = self._choice(data, "message")
        yield piece

    def _choice(self, data: bytes, part: str) -> tuple[str, str]:
        """Text and finish reason of a completion or of one of its events."""
        try:
            row = json.loads(data)
            if row.get("error"):
                raise ThinkerError(f"{self._where} reports an error: {str(row['error'])[:200]}.")
            if not row["choices"]:  # an event with usage only
                return "", ""
            choice = row["choices"][0]
            return _text(choice[part].get("content")), choice.get("finish_reason") or ""
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            shown = data[:120].decode("utf-8", "replace")
            raise _Retry(f"not a chat completion but {shown!r} ({type(error).__name__})") from error


def _text(content: Any) -> str:
    """Content as text: a string, nothing, or a list of parts."""
    if content is None:
        return ""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if part.get("type") == "text")
    if not isinstance(content, str):
        raise TypeError(f"content is {type(content).__name__}")
    return content
