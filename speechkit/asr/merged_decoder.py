"""The greedy loop of an encoder-decoder recogniser stored as ONNX with a merged decoder: one graph, with and without cache."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class MergedDecoder:
    """A decoder whose inputs are `input_ids`, `encoder_hidden_states`, `past_key_values.*` and `use_cache_branch`.

    The caches stay onnxruntime's own values; the encoder's part of them is computed once and never copied.
    """

    def __init__(self, session: Any) -> None:
        """Wrap an `onnxruntime.InferenceSession`."""
        import onnxruntime

        self._session, self._wrap = session, onnxruntime.OrtValue.ortvalue_from_numpy
        inputs = session.get_inputs()
        self._caches = [entry for entry in inputs if entry.name.startswith("past")]
        self._masked = "encoder_attention_mask" in {entry.name for entry in inputs}

    def greedy(
        self,
        hidden: NDArray[np.float32],
        prompt: Sequence[int],
        *,
        end: int,
        longest: int,
        heard: int = 0,
        never: Collection[int] = (),
    ) -> list[int]:
        """Most probable token after most probable token.

        Args:
            hidden: float32 [1, S, D] of the encoder.
            prompt: tokens to begin with.
            end: token that ends the text.
            longest: tokens to write at most.
            heard: length of the encoder's input, for decoders that mask it.
            never: tokens that are never written.
        Returns:
            The tokens behind the prompt, without `end`.
        """
        feeds = self._feeds(hidden, heard)
        renewed = [entry.name for entry in self._caches]
        tokens: list[int] = []
        latest = list(prompt)
        barred = np.fromiter(never, np.int64, len(never))
        for _ in range(longest):
            feeds["input_ids"] = self._wrap(np.array([latest], np.int64))
            feeds["use_cache_branch"] = self._wrap(np.array([bool(tokens)]))
            wanted = ["logits", *(name.replace("past_key_values", "present") for name in renewed)]
            logits, *caches = self._session.run_with_ort_values(wanted, feeds)
            feeds |= dict(zip(renewed, caches, strict=True))
            scores = logits.numpy()[0, -1].copy()
            scores[barred] = -np.inf
            if (token := int(scores.argmax())) == end:
                break
            tokens.append(token)
            latest = [token]
            renewed = [entry.name for entry in self._caches if "encoder" not in entry.name]
        return tokens

    def _feeds(self, hidden: NDArray[np.float32], heard: int) -> dict[str, Any]:
        empty = {e.name: self._wrap(np.zeros((1, e.shape[1], 0, e.shape[3]), np.float32)) for e in self._caches}
        mask = {"encoder_attention_mask": self._wrap(np.ones((1, heard), np.int64))} if self._masked else {}
        return {"encoder_hidden_states": self._wrap(hidden), **empty, **mask}
