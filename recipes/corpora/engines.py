"""The engines: hibari, Kokoro, a speech server, and a folder of recordings behind the same door."""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from recipes.corpora.endpoint import EndpointEngine
from recipes.corpora.engine import Engine, Voice, Waveform, check_voice, require, verified
from recipes.corpora.phonemes_kokoro import english_phonemizer, mandarin_phonemes
from recipes.corpora.texts import read_manifest, text_key
from speechkit.errors import ConfigError, TextError
from speechkit.waveform import load


@dataclass(frozen=True, kw_only=True)
class EngineSpec:
    """How to open an engine; small enough to send to a worker process."""

    name: str
    """A key of ENGINES."""
    model: Path | None = None
    """Folder of weights (kokoro) or of recordings; hibari carries its own."""
    allow_unpinned: bool = False
    """Take weight files that are not in the table of pinned hashes."""
    url: str = ""
    """Address, model and voices of a speech server; see `recipes.corpora.endpoint`."""

    @property
    def folder(self) -> Path:
        """`model`, checked to be a folder."""
        if self.model is None or not self.model.is_dir():
            raise ConfigError(f"the {self.name} engine needs --model with an existing folder, got {self.model}.")
        return self.model


class HibariEngine:
    """The small English voice of the package hibari-tts, 24 kHz, many times faster than real time."""

    name = "hibari"
    voices: Mapping[str, Voice] = {"heart": Voice(gender="female", languages=("en",))}

    def __init__(self, spec: EngineSpec) -> None:
        hibari = require("hibari", "hibari-tts", "the hibari engine")
        self._tts = hibari.Hibari(voice="heart", threads=1)
        verified(Path(self._tts.model_path), spec.allow_unpinned)

    def speak(self, text: str, voice: str, language: str) -> tuple[Waveform, int]:
        """See `Engine.speak`; the noise component is seeded by the text, so the same text gives the same samples."""
        check_voice(self, voice, language)
        return self._tts(text, seed=zlib.crc32(text.encode())), int(self._tts.sample_rate)


class KokoroEngine:
    """Kokoro-82M in ONNX, 24 kHz.

    The folder holds one `*.onnx`, `tokenizer.json` with the phoneme ids, and `voices/*.bin`, each float32 [510, 256]:
    one style row per phoneme count. Voices `a*` and `b*` speak American and British English, `z*` Mandarin.
    """

    name = "kokoro"
    sample_rate = 24000
    max_phonemes = 510

    def __init__(self, spec: EngineSpec) -> None:
        folder, self._spec = spec.folder, spec
        found = sorted((folder / "voices").glob("[abz][fm]_*.bin"))
        self.voices: Mapping[str, Voice] = {path.stem: _kokoro_voice(path.stem) for path in found}
        if not self.voices:
            raise ConfigError(f"{folder}/voices holds no voice files such as af_heart.bin.")
        self._ids: dict[str, int] = _read_json(folder / "tokenizer.json")["model"]["vocab"]
        self._session = self._open(folder)
        self._styles = cache(self._load_style)
        self._english = cache(english_phonemizer)

    def _open(self, folder: Path) -> Any:
        onnxruntime = require("onnxruntime", "onnxruntime", "the kokoro engine")
        weights = sorted(folder.glob("*.onnx"))
        if len(weights) != 1:
            raise ConfigError(f"expected exactly one .onnx file in {folder}, found {len(weights)}.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = verified(weights[0], self._spec.allow_unpinned)
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def _load_style(self, voice: str) -> Waveform:
        path = verified(self._spec.folder / "voices" / f"{voice}.bin", self._spec.allow_unpinned)
        return np.fromfile(path, np.float32).reshape(self.max_phonemes, -1)

    def phonemes(self, text: str, voice: str) -> str:
        """The phonemes of the text as this voice reads it."""
        return mandarin_phonemes(text) if voice[0] == "z" else self._english(voice[0] == "b")(text)

    def speak(self, text: str, voice: str, language: str) -> tuple[Waveform, int]:
        """See `Engine.speak`."""
        check_voice(self, voice, language)
        phonemes = self.phonemes(text, voice)
        unknown = set(phonemes) - set(self._ids)
        if unknown or not 0 < len(phonemes) <= self.max_phonemes:
            raise TextError(f"kokoro cannot say {text!r}: {len(phonemes)} phonemes, unknown: {sorted(unknown)}.")
        ids = np.array([[0, *(self._ids[phoneme] for phoneme in phonemes), 0]], np.int64)
        style = self._styles(voice)[len(phonemes) - 1][None]
        inputs = {"input_ids": ids, "style": style, "speed": np.ones(1, np.float32)}
        return self._session.run(None, inputs)[0].reshape(-1), self.sample_rate


class RecordingsEngine:
    """A folder of recordings with a manifest: says a sentence by playing the recording of it."""

    name = "recordings"

    def __init__(self, spec: EngineSpec) -> None:
        self._folder = spec.folder
        self._files: dict[tuple[str, str], str] = {}
        voices: dict[str, Voice] = {}
        for row in read_manifest(self._folder / "manifest.jsonl"):
            speaker, language = str(row["speaker"]), str(row["language"])
            self._files[speaker, text_key(str(row["text"]))] = str(row["audio"])
            known = voices.get(speaker, Voice(gender=str(row.get("gender") or ""), languages=()))
            languages = tuple(sorted({*known.languages, language}))
            voices[speaker] = Voice(gender=known.gender, languages=languages)
        self.voices: Mapping[str, Voice] = voices

    def speak(self, text: str, voice: str, language: str) -> tuple[Waveform, int]:
        """See `Engine.speak`; raises AudioFileError where the recording cannot be read."""
        check_voice(self, voice, language)
        audio = self._files.get((voice, text_key(text)))
        if audio is None:
            raise TextError(f"{voice} did not record {text!r}.")
        return load(self._folder / audio)


ENGINES: dict[str, Callable[[EngineSpec], Engine]] = {
    engine.name: engine for engine in (HibariEngine, KokoroEngine, RecordingsEngine)
} | {EndpointEngine.name: lambda spec: EndpointEngine(spec.url)}
"""Every engine by the name that `--engine` takes."""


@cache
def open_engine(spec: EngineSpec) -> Engine:
    """Open an engine once per process.

    Raises:
        ConfigError: no such engine, or its folder is not what it expects.
        DependencyError: a package of the engine is missing; the message names it.
    """
    if spec.name not in ENGINES:
        raise ConfigError(f"no engine {spec.name!r}; there are {', '.join(ENGINES)}.")
    return ENGINES[spec.name](spec)


def _kokoro_voice(stem: str) -> Voice:
    gender = {"f": "female", "m": "male"}[stem[1]]
    return Voice(gender=gender, languages=("zh",) if stem[0] == "z" else ("en",))


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
