"""What a text-to-speech engine is to a corpus, and the pinned weights of the known ones."""

import hashlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import ConfigError, DependencyError, StyleError

Waveform = NDArray[np.float32]
"""float32 [T], mono, nominally in [-1, 1]."""

PINNED = {
    "hibari.onnx": "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
    "kokoro-quantized.onnx": "fbae9257e1e05ffc727e951ef9b9c98418e6d79f1c9b6b13bd59f5c9028a1478",
    "kokoro-fp32.onnx": "8fbea51ea711f2af382e88c833d9e288c6dc82ce5e98421ea61c058ce21a34cb",
    "af_bella.bin": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "af_heart.bin": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_nicole.bin": "cd2191ab31b914ed7b318416b0e4440fdf392ddad9106a060819aa600a64f59a",
    "am_fenrir.bin": "c27989f741f7ee34d273a39d8a595cc0837d35f5ced9a29b7cc162614616df43",
    "am_michael.bin": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "am_puck.bin": "fcf73c989033e9233e0b98713eca600c8c74dcc1614b37009d5450ff4a2274a0",
    "bf_emma.bin": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bm_george.bin": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
    "zf_xiaobei.bin": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoxiao.bin": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zm_yunjian.bin": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxi.bin": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
}
"""SHA-256 of the weight files that the corpora were made with, by file name."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Who speaks."""

    gender: str
    """"female", "male", or "" where unknown."""
    languages: tuple[str, ...]
    """The languages this voice speaks: "en", "zh"."""


class Engine(Protocol):
    """Text to speech, one sentence at a time."""

    name: str
    voices: Mapping[str, Voice]

    def speak(self, text: str, voice: str, language: str) -> tuple[Waveform, int]:
        """Say one sentence.

        Returns:
            float32 waveform [T] and its sample rate in Hz.
        Raises:
            StyleError: the engine has no such voice, or the voice does not speak the language.
            TextError: the sentence cannot be read without guessing.
        """
        ...


def require(module: str, package: str, what: str) -> Any:
    """Import an optional module, or raise a DependencyError that names the package to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DependencyError(f"{what} needs {package}; install it with `pip install {package}`.") from error


def check_voice(engine: Engine, voice: str, language: str) -> None:
    """Refuse a voice that the engine lacks, or that does not speak the language, with a StyleError."""
    known = engine.voices.get(voice)
    if known is None:
        raise StyleError(f"{engine.name} has no voice {voice!r}; it has {', '.join(sorted(engine.voices))}.")
    if language not in known.languages:
        raise StyleError(f"voice {voice!r} speaks {', '.join(known.languages)}, not {language!r}.")


def verified(path: Path, allow_unpinned: bool = False) -> Path:
    """Check a weight file against PINNED and give its path back.

    Raises:
        ConfigError: the file is missing, unknown to the table, or another file than the pinned one.
    """
    if not path.is_file():
        raise ConfigError(f"{path} is missing; give the folder that holds the engine's weights.")
    if allow_unpinned:
        return path
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if PINNED.get(path.name) != found:
        want = PINNED.get(path.name, "none")
        raise ConfigError(f"{path.name} has SHA-256 {found}, pinned is {want}; --allow-unpinned takes it.")
    return path
