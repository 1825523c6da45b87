"""A text-to-speech server that speaks OpenAI's protocol, `POST {url}/v1/audio/speech`, as an engine of a corpus."""

import io
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping

from recipes.corpora.engine import Voice, Waveform, check_voice
from speechkit.errors import ConfigError, DependencyError
from speechkit.waveform import load

TIMEOUT_SECONDS = 120.0
KEY = "OPENAI_API_KEY"
"""Environment variable whose value is sent as the bearer token, where it is set."""


def parse_voices(text: str) -> dict[str, Voice]:
    """`name/gender/language[+language]`, comma-separated.

    Raises:
        ConfigError: another form.

    >>> parse_voices("alloy/female/en+zh")
    {'alloy': Voice(gender='female', languages=('en', 'zh'))}
    """
    voices = {}
    for part in filter(None, text.split(",")):
        fields = part.split("/")
        if len(fields) != 3 or fields[1] not in ("female", "male") or not set(fields[2].split("+")) <= {"en", "zh"}:
            raise ConfigError(f"expected voices such as 'alloy/female/en+zh,onyx/male/en', got {part!r}.")
        voices[fields[0]] = Voice(gender=fields[1], languages=tuple(fields[2].split("+")))
    return voices


class EndpointEngine:
    """Asks a server for WAV. The address is `URL#model#voices`, voices as in `parse_voices`."""

    name = "endpoint"

    def __init__(self, url: str) -> None:
        address, model, voices = [*url.split("#"), "", ""][:3]
        self.voices: Mapping[str, Voice] = parse_voices(voices)
        if not address.startswith(("http://", "https://")) or not model or not self.voices:
            raise ConfigError(f"an endpoint is given as http://host:port#model#name/gender/language,..., got {url!r}.")
        self._address, self._model = f"{address.rstrip('/')}/v1/audio/speech", model

    def speak(self, text: str, voice: str, language: str) -> tuple[Waveform, int]:
        """See `Engine.speak`.

        Raises:
            DependencyError: the server cannot be reached, or refuses; the message tells.
            AudioFileError: what it sent is no audio.
        """
        check_voice(self, voice, language)
        body = {"model": self._model, "input": text, "voice": voice, "response_format": "wav"}
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self._address, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return load(io.BytesIO(answer.read()))
        except (urllib.error.URLError, TimeoutError) as error:
            raise DependencyError(
                f"the speech server {self._address} does not answer as it should: {error}."
            ) from error
