"""Phone decoder metrics: CTC collapse, phone error rate, the same without stress and tone, and tone error rate."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.aggregate import Clusters, check_same_length, ratio_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.edit_distance import align, edit_distance
from speechkit.metrics.result import MetricResult, Skip

PhoneSet = Literal["emova240", "charsiu"]
Symbol = TypeVar("Symbol", bound=Hashable)

SILENCES = frozenset({"[SIL]", "<sil>", "sil", "SIL", "sp", "spn", ""})
"""Labels removed from both sides before phones are compared."""

_FINAL = re.compile(r"(?:CN_)?[a-z]+[1-5]")


def ctc_collapse(frames: Iterable[Symbol], blank: Symbol) -> list[Symbol]:
    """Merge runs of equal labels, then drop blanks.

    >>> ctc_collapse([0, 5, 5, 0, 5, 7, 7, 0], blank=0)
    [5, 5, 7]
    """
    items = list(frames)
    return [item for index, item in enumerate(items) if item != blank and (index == 0 or items[index - 1] != item)]


def ctc_greedy(logits: ArrayLike, blank: int | None = None) -> list[int]:
    """Greedy CTC decoding: best class per frame (the lowest id wins ties), collapsed.

    Args:
        logits: float [F, V]; log-probabilities or logits.
        blank: id of the blank; the last class, V - 1, when None.
    Returns:
        Label ids without blanks.
    Raises:
        ShapeError: not 2-D, or NaN inside.
    Source: Graves et al. 2006; the blank position is EMOVA's.
    """
    values = np.asarray(logits, float)
    if values.ndim != 2 or values.shape[1] < 1 or np.isnan(values).any():
        raise ShapeError(f"logits must be [F, V] without NaN, got shape {values.shape}.")
    last = values.shape[1] - 1
    return ctc_collapse(values.argmax(axis=1).tolist(), last if blank is None else blank)


def charsiu_label(label: str) -> str:
    """An `emova240` label as Charsiu writes it: no language prefix, English without stress, Mandarin with tone.

    >>> charsiu_label("en_AH0"), charsiu_label("CN_ao3")
    ('AH', 'ao3')
    """
    bare = label.removeprefix("en_").removeprefix("CN_")
    return bare[:-1] if re.fullmatch(r"[A-Z]+[012]", bare) else bare


def base_label(label: str) -> str:
    """A label without its stress or tone digit.

    >>> base_label("CN_i3"), base_label("AH0"), base_label("zh")
    ('CN_i', 'AH', 'zh')
    """
    return re.sub(r"(?<=[A-Za-z])[0-5]$", "", label)


def phone_error_rates(
    references: Sequence[Sequence[str]],
    hypotheses: Sequence[Sequence[str]],
    *,
    phone_set: PhoneSet = "emova240",
    inventory: Collection[str] | None = None,
    silences: Collection[str] = SILENCES,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """PER, PER_base and TER of a corpus.

        PER      = sum of edit distances / sum of reference lengths           (micro average; may exceed 1)
        PER_base = the same after dropping stress and tone digits on both sides
        TER      = share of aligned finals of equal base whose tones differ   (on PER's alignment)

    Args:
        references: phones per utterance, `emova240` labels (the language prefix is optional).
        hypotheses: decoded phones per utterance.
        phone_set: "emova240" compares the labels as they are; "charsiu" after `charsiu_label`.
        inventory: labels (of `phone_set`) that a model can emit; a reference phone outside becomes `<oov>`, always an
            error, counted in `details`. None: no check. For PER_base the inventory loses its digits too.
        silences: labels removed from both sides.
        clusters: speaker or dialogue per utterance.
        bootstrap: interval settings.
    Returns:
        {"PER", "PER_base", "TER"}. Empty reference with empty hypothesis is skipped ("empty_ref"); an empty reference
        with a non-empty hypothesis adds insertions and no length. TER is null without a comparable final.
    Raises:
        ShapeError: different numbers of references and hypotheses.
        ConfigError: unknown phone set.
    Source: metrics.md 1.1, EMOVA speech tokenizer and Charsiu.
    """
    check_same_length("phone_error_rates", references, hypotheses)
    if phone_set not in ("emova240", "charsiu"):
        raise ConfigError(f"phone_set must be 'emova240' or 'charsiu', got {phone_set!r}.")
    refs = [_prepare(phones, phone_set, silences) for phones in references]
    hyps = [_prepare(phones, phone_set, silences) for phones in hypotheses]
    known = None if inventory is None else frozenset(inventory)
    marked = [_mark_oov(phones, known) for phones in refs]
    bases = None if known is None else frozenset(map(base_label, known))
    base_refs = [_mark_oov([base_label(phone) for phone in phones], bases) for phones in refs]
    base_hyps = [[base_label(phone) for phone in phones] for phones in hyps]
    shared: dict[str, Any] = {"clusters": clusters, "bootstrap": bootstrap, "higher_is_better": False}
    params = {"phone_set": phone_set, "inventory_size": None if known is None else len(known)}
    oov = {"oov_reference_phones": sum(phone is _OOV for phones in marked for phone in phones)}
    tones = [_tone_pair_counts(r, h) for r, h in zip(marked, hyps, strict=True)]
    return {
        "PER": ratio_result("PER", _errors(marked, hyps), params=params, details=oov, **shared),
        "PER_base": ratio_result("PER_base", _errors(base_refs, base_hyps), params=params, **shared),
        "TER": ratio_result("TER", tones, params=params, **shared),
    }


_OOV: Hashable = object()  # <oov>: equals nothing that a hypothesis can hold, not even that text


def _prepare(phones: Sequence[str], phone_set: PhoneSet, silences: Collection[str]) -> list[str]:
    spoken = [phone for phone in phones if phone not in silences]
    return spoken if phone_set == "emova240" else [charsiu_label(phone) for phone in spoken]


def _mark_oov(phones: list[str], known: frozenset[str] | None) -> list[Hashable]:
    return [phone if known is None or phone in known else _OOV for phone in phones]


def _errors(
    references: Sequence[Sequence[Hashable]], hypotheses: Sequence[Sequence[Hashable]]
) -> list[tuple[float, float] | Skip]:
    return [
        (float(edit_distance(ref, hyp)), float(len(ref))) if ref or hyp else Skip("empty_ref")
        for ref, hyp in zip(references, hypotheses, strict=True)
    ]


def _tone_pair_counts(reference: Sequence[Hashable], hypothesis: Sequence[str]) -> tuple[float, float]:
    wrong = total = 0
    for _, r, h in align(reference, hypothesis):
        if r is None or h is None:
            continue
        ref, hyp = reference[r], hypothesis[h]
        if isinstance(ref, str) and _FINAL.fullmatch(ref) and _FINAL.fullmatch(hyp) and ref[:-1] == hyp[:-1]:
            total += 1
            wrong += ref != hyp
    return float(wrong), float(total)
