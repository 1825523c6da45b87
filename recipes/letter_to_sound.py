"""Train the letter-to-sound model that ``speechkit.text`` bundles, and measure it on held-out words.

    python -m recipes.letter_to_sound --output speechkit/text/data/letter_to_sound.xz

Steps: align each dictionary word's letters with its phones (hard EM, each letter 0-2 phones), count
n-grams of (letter, phones) tokens, smooth them (interpolated Kneser-Ney), drop those that change the
likelihood least, and write the trie. About five minutes on one CPU core.

Sources: Bisani and Ney 2008, doi:10.1016/j.specom.2008.01.002 (joint n-grams); Chen and Goodman 1999,
doi:10.1006/csla.1999.0128 (smoothing); Stolcke 1998, arXiv:cs/0006025 (pruning; here by weighted
difference). One word in twenty, chosen by its checksum, is held out of the shipped model.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import math
import re
import zlib
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

from speechkit.text.inventory import strip_tone_and_stress
from speechkit.text.letter_to_sound import LOG_STEP, LetterToSound
from speechkit.text.lexicon import dictionary

Token = tuple[str, str]
Gram = tuple[int, ...]
START, END = ("^", ""), ("$", "")
FLOOR = -18.0


def split_words() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Split the dictionary's plain words into training and held-out ones (one in twenty)."""
    train: dict[str, list[str]] = {}
    held_out: dict[str, list[str]] = {}
    for word, entry in dictionary().items():
        phones = entry.split()
        if re.fullmatch("[a-z]{2,}", word) and len(phones) <= 2 * len(word):
            part = held_out if zlib.crc32(word.encode()) % 20 == 0 else train
            part[word] = phones
    return train, held_out


def align(word: str, phones: Sequence[str], score: dict[Token, float]) -> list[Token]:
    """Give each letter 0-2 phones so that the summed score is largest (Viterbi)."""
    count = len(phones)
    chunks = [[" ".join(phones[at : at + n]) for n in range(3)] for at in range(count + 1)]
    best = [0.0] + [-math.inf] * count
    steps: list[list[int]] = []
    for letter in word:
        following, taken = [-math.inf] * (count + 1), [0] * (count + 1)
        for at, so_far in enumerate(best):
            if so_far == -math.inf:
                continue
            for size in range(min(3, count - at + 1)):
                total = so_far + score.get((letter, chunks[at][size]), FLOOR)
                if total > following[at + size]:
                    following[at + size], taken[at + size] = total, size
        best = following
        steps.append(taken)
    tokens, at = [], count
    for letter, taken in zip(reversed(word), reversed(steps), strict=True):
        size = taken[at]
        tokens.append((letter, " ".join(phones[at - size : at])))
        at -= size
    return tokens[::-1]


def first_scores(words: dict[str, list[str]]) -> dict[Token, float]:
    """Start EM from how often a letter and a phone stand at about the same place in a word."""
    counts: collections.Counter[Token] = collections.Counter()
    for word, phones in words.items():
        ratio = len(phones) / len(word)
        for place, letter in enumerate(word):
            centre = round(place * ratio)
            for phone in phones[max(0, centre - 1) : centre + 2]:
                counts[letter, phone] += 1
    return log_shares(counts, silent=0.02)


def log_shares(counts: collections.Counter[Token], silent: float = 0.0) -> dict[Token, float]:
    """Log probability of each token's phones given its letter."""
    totals: collections.Counter[str] = collections.Counter()
    for (letter, _), count in counts.items():
        totals[letter] += count
    shares = {token: math.log(count / totals[token[0]]) for token, count in counts.items()}
    if silent:
        shares |= {(letter, ""): math.log(silent) for letter in totals}
    return shares


def align_all(words: dict[str, list[str]], rounds: int, rare: int) -> list[list[Token]]:
    """Align every word by hard EM, and leave out words that need a token seen fewer than ``rare`` times."""
    score = first_scores(words)
    for _ in range(rounds):
        aligned = [align(word, phones, score) for word, phones in words.items()]
        counts = collections.Counter(token for tokens in aligned for token in tokens)
        score = log_shares(counts)
    return [tokens for tokens in aligned if min(counts[token] for token in tokens) >= rare]


def count_grams(sentences: Iterable[Sequence[int]], order: int) -> list[collections.Counter[Gram]]:
    """Count the n-grams of every length up to ``order``; index 0 holds the single tokens."""
    counts: list[collections.Counter[Gram]] = [collections.Counter() for _ in range(order)]
    for sentence in sentences:
        for end in range(1, len(sentence) + 1):
            for size in range(1, min(order, end) + 1):
                counts[size - 1][tuple(sentence[end - size : end])] += 1
    return counts


def continuation_counts(counts: list[collections.Counter[Gram]]) -> list[collections.Counter[Gram]]:
    """Kneser-Ney: below the top, count the distinct tokens before an n-gram, unless it starts a word."""
    result = []
    for lower, higher in itertools.pairwise(counts):
        kinds: collections.Counter[Gram] = collections.Counter(gram[1:] for gram in higher)
        for gram, count in lower.items():
            if gram[0] == 0:
                kinds[gram] = count if len(gram) > 1 else 1
        result.append(kinds)
    return [*result, counts[-1]]


def discounts(counts: collections.Counter[Gram]) -> tuple[float, float, float]:
    """Chen and Goodman's three discounts, for counts of one, two, and three or more (equation 17)."""
    of = collections.Counter(min(count, 5) for count in counts.values())
    base = of[1] / (of[1] + 2 * of[2])
    parts = [k - (k + 1) * base * of[k + 1] / max(of[k], 1) for k in (1, 2, 3)]
    return tuple(min(max(part, 0.05), k - 0.05) for k, part in enumerate(parts, 1))  # type: ignore[return-value]


def smooth(counts: list[collections.Counter[Gram]], tokens: int) -> list[dict[Gram, float]]:
    """Interpolated probabilities of every counted n-gram, shortest first."""
    levels: list[dict[Gram, float]] = []
    for size, grams in enumerate(continuation_counts(counts)):
        cut = discounts(grams)
        total: collections.Counter[Gram] = collections.Counter()
        freed: collections.defaultdict[Gram, float] = collections.defaultdict(float)
        for gram, count in grams.items():
            total[gram[:-1]] += count
            freed[gram[:-1]] += cut[min(count, 3) - 1]
        levels.append({})
        for gram, count in grams.items():
            context = gram[:-1]
            below = levels[size - 1][gram[1:]] if size else 1 / tokens
            kept = count - cut[min(count, 3) - 1] + freed[context] * below
            levels[size][gram] = kept / total[context]
    return levels


def prune(
    levels: list[dict[Gram, float]], counts: list[collections.Counter[Gram]], threshold: float
) -> list[dict[Gram, float]]:
    """Drop n-grams whose loss costs fewer than ``threshold`` nats over the training words."""
    kept = [dict(level) for level in levels]
    for size in range(len(levels) - 1, 0, -1):
        longer = kept[size + 1] if size + 1 < len(levels) else {}
        needed = {gram[:-1] for gram in longer} | {gram[1:] for gram in longer}
        weights = backoffs(levels[size], levels[size - 1])
        for gram, probability in levels[size].items():
            fallback = math.log(levels[size - 1][gram[1:]]) + weights[gram[:-1]]
            loss = counts[size][gram] * abs(math.log(probability) - fallback)
            if gram not in needed and loss < threshold:
                del kept[size][gram]
    return kept


def backoffs(level: dict[Gram, float], below: dict[Gram, float]) -> dict[Gram, float]:
    """Log weight that makes each context's probabilities sum to one."""
    seen: collections.defaultdict[Gram, float] = collections.defaultdict(float)
    seen_below: collections.defaultdict[Gram, float] = collections.defaultdict(float)
    for gram, probability in level.items():
        seen[gram[:-1]] += probability
        seen_below[gram[:-1]] += below[gram[1:]]
    return {
        context: math.log(max(1 - share, 1e-4) / max(1 - seen_below[context], 1e-4)) for context, share in seen.items()
    }


def build(levels: list[dict[Gram, float]], tokens: Sequence[Token]) -> LetterToSound:
    """Lay the n-grams out as a breadth-first trie."""
    weights: dict[Gram, float] = {}
    for level, below in zip(levels[1:], levels, strict=False):
        weights |= backoffs(level, below)
    columns = array("H", [0]), array("B", [0]), array("B", [128]), array("I", [1])
    parents: list[Gram] = [()]
    for level in levels:
        children: collections.defaultdict[Gram, list[int]] = collections.defaultdict(list)
        for gram in level:
            children[gram[:-1]].append(gram[-1])
        row: list[Gram] = []
        for parent in parents:
            for token in sorted(children[parent]):
                gram = (*parent, token)
                columns[0].append(token)
                columns[1].append(min(round(-math.log(level[gram]) / LOG_STEP), 255))
                weight = round(-weights.get(gram, 0.0) / LOG_STEP)
                columns[2].append(min(max(weight + 128, 0), 255))
                row.append(gram)
            columns[3].append(len(columns[0]))
        parents = row
    columns[3].extend(len(columns[0]) for _ in parents)
    return LetterToSound(
        tokens=tuple(tokens),
        token_of=columns[0],
        cost_of=columns[1],
        backoff_of=columns[2],
        first_child=columns[3],
    )


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein distance with unit costs."""
    row = list(range(len(other) + 1))
    for at, left in enumerate(one, 1):
        previous, row[0] = row[0], at
        for place, right in enumerate(other, 1):
            previous, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, previous + (left != right)),
            )
    return row[-1]


def measure(model: LetterToSound, words: dict[str, list[str]]) -> dict[str, float]:
    """Phone and word error rates over words, with stress and without."""
    errors: collections.Counter[str] = collections.Counter()
    for word, phones in words.items():
        said = model.pronounce(word)
        plain = [strip_tone_and_stress(phone) for phone in phones]
        distance = edit_distance(said, phones)
        distance_plain = edit_distance([strip_tone_and_stress(phone) for phone in said], plain)
        errors.update(phone=distance, word=distance > 0, total=len(phones))
        errors.update(phone_unstressed=distance_plain, word_unstressed=distance_plain > 0)
    return {
        "words": len(words),
        "phone_error": errors["phone"] / errors["total"],
        "word_error": errors["word"] / len(words),
        "phone_error_unstressed": errors["phone_unstressed"] / errors["total"],
        "word_error_unstressed": errors["word_unstressed"] / len(words),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, write and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--order", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=4, help="rounds of alignment")
    parser.add_argument("--threshold", type=float, default=1.5, help="nats; larger is smaller")
    parser.add_argument("--rare", type=int, default=5, help="fewest times a token is seen")
    parser.add_argument("--words", type=int, default=0, help="train on the first so many words only")
    options = parser.parse_args(arguments)
    train, held_out = split_words()
    if options.words:
        train = dict(list(train.items())[: options.words])
        held_out = dict(list(held_out.items())[: options.words])
    aligned = align_all(train, options.rounds, options.rare)
    tokens = [START, END, *sorted({token for word in aligned for token in word})]
    ids = {token: index for index, token in enumerate(tokens)}
    counts = count_grams(([0, *(ids[t] for t in word), 1] for word in aligned), options.order)
    levels = prune(smooth(counts, len(tokens)), counts, options.threshold)
    model = build(levels, tokens)
    options.output.write_bytes(model.to_bytes())
    report = {"bytes": options.output.stat().st_size, "nodes": len(model.token_of)}
    print(json.dumps(report | measure(model, held_out)))


if __name__ == "__main__":
    main()
