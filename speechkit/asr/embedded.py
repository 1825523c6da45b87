"""The embedded recogniser: our own encoder's phones, a lexicon and a trigram. English; no further weights, no library."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speechkit.asr.listening import prepare
from speechkit.asr.ngram import Trigrams
from speechkit.asr.phone_tree import build_tree
from speechkit.asr.search import BeamSearch, SearchConfig
from speechkit.checkpoint import read_model_folder
from speechkit.errors import CheckpointError, TextError
from speechkit.protocols import PhonePosteriors, Waveform
from speechkit.text.inventory import EMOVA240, ENGLISH_CONSONANTS, ENGLISH_VOWELS, strip_tone_and_stress

KIND = "transcriber"
BUNDLED = Path(__file__).parents[1] / "bundled" / "transcriber"
PHONES = (*ENGLISH_VOWELS, *ENGLISH_CONSONANTS)
"""The 39 phones of the lexicon, without stress."""


class EmbeddedTranscriber:
    """Words out of the phone posteriors of an S2U.

    Stress is left out of account: the posteriors of a vowel's three stresses are added. Mandarin phones are passed over.
    """

    def __init__(self, posteriors: PhonePosteriors, folder: str | Path = BUNDLED, config: SearchConfig | None = None) -> None:
        """Read lexicon and trigram.

        Args:
            posteriors: of the encoder, for instance `Speechkit.phone_posteriors`.
            folder: model folder, written by `recipes.transcriber_lm`.
            config: instead of the folder's.
        Raises:
            CheckpointError: the folder is incomplete or of another kind.
        """
        stored = read_model_folder(folder, kind=KIND)
        arrays = {name: tensor.numpy() for name, tensor in stored.tensors.items()}
        self.config = config or SearchConfig.from_dict(stored.config)
        self.name = "embedded"
        self.fingerprint = stored.fingerprint
        self._posteriors = posteriors
        self._words = bytes(arrays["words"]).decode("utf-8").split("\n")
        trigrams = Trigrams({name: _unsigned(name, array) for name, array in arrays.items() if "gram" in name or name == "backoff"})
        if trigrams.num_words != len(self._words):
            raise CheckpointError(f"{folder} has {len(self._words)} words, its trigram {trigrams.num_words}.")
        self._trigrams = trigrams
        self._tree = build_tree(_entries(arrays), len(PHONES), trigrams.unigram)
        self._search = BeamSearch(self._tree, trigrams, self.config)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """All words that can be heard."""
        return tuple(self._words[2:])

    def set_config(self, config: SearchConfig) -> None:
        """Search with other weights from now on."""
        self.config = config
        self._search = BeamSearch(self._tree, self._trigrams, config)

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """Lower-case English words of one utterance; see `Transcriber`.

        Raises:
            TextError: the language is not "en".
        """
        if language != "en":
            raise TextError(f"the embedded recogniser hears English only, got language {language!r}; take whisper for others.")
        samples = prepare(waveform, sample_rate, language, pad_seconds=0.0)
        return self.read(self._posteriors(samples, 16000))

    def read(self, log_probabilities: NDArray[np.float32]) -> str:
        """The words in phone posteriors.

        Args:
            log_probabilities: float32 [N, 241], natural logarithms over `emova240` and, last, the CTC blank.
        """
        return " ".join(self._words[word] for word in self._search.words(merge_stress(log_probabilities)))


_GROUPS = [
    [place for place, label in enumerate(EMOVA240) if label.startswith("en_") and strip_tone_and_stress(label[3:]) == phone]
    for phone in PHONES
]


def merge_stress(log_probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """float [N, 241] over `emova240` and the blank to float32 [N, 40] over `PHONES` and the blank; sums of probabilities.

    >>> [round(float(value), 2) for value in merge_stress(np.log(np.full((1, 241), 1 / 241)))[0, [0, 15, 39]]]
    [-4.39, -5.48, -5.48]
    """
    columns = [np.logaddexp.reduce(log_probabilities[:, group], axis=1) for group in _GROUPS]
    return np.stack([*columns, log_probabilities[:, len(EMOVA240)]], axis=1).astype(np.float32)


def _entries(arrays: Mapping[str, NDArray[np.integer]]) -> list[tuple[int, list[int]]]:
    """Word id and phones of each pronunciation."""
    phones, counts = arrays["phones"].tolist(), arrays["phone_counts"].astype(np.int64)
    stops = np.cumsum(counts).tolist()
    words = _unsigned("entry_words", arrays["entry_words"]).tolist()
    starts = [0, *stops[:-1]]
    return [(word, phones[start:stop]) for word, start, stop in zip(words, starts, stops, strict=True)]


def _unsigned(name: str, array: NDArray[np.integer]) -> NDArray[np.integer]:
    """16-bit columns are stored as signed, and mean unsigned."""
    return array.view(np.uint16) if array.dtype == np.int16 else array
