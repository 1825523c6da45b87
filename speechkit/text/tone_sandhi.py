"""Mandarin tone sandhi: third tones, 一 and 不."""

from __future__ import annotations

from collections.abc import Sequence

_COUNTING = frozenset("零〇一二三四五六七八九十百千万亿点两第初")


def apply_sandhi(words: Sequence[str], syllables: Sequence[Sequence[str]]) -> list[list[str]]:
    """Change citation tones into spoken ones.

    一 is yi2 before tone 4 or a neutral tone, yi4 before the others, yi1 in numbers and ordinals and
    before a pause; between two equal verbs it is neutral. 不 is bu2 before tone 4. A third tone
    before a third tone becomes the second, inside a word, and between words when one of the two has
    a single syllable; a longer word ends the run.

    Args:
        words: the segmented text.
        syllables: for each word one numbered syllable per character, '' for a pause.
    Returns:
        The same rows with the tones changed.
    Source: Chao 1968, A Grammar of Spoken Chinese, section 1.3.4.
    """
    characters = "".join(words)
    flat = [syllable for row in syllables for syllable in row]
    sizes = [len(word) for word in words for _ in word]
    ends = [index == len(word) - 1 for word in words for index in range(len(word))]
    for index in range(len(flat)):
        flat[index] = _yi_or_bu(characters, flat, index)
    for index in range(len(flat) - 1):
        linked = not ends[index] or min(sizes[index], sizes[index + 1]) == 1
        if linked and flat[index][-1:] == flat[index + 1][-1:] == "3":
            flat[index] = flat[index][:-1] + "2"
    rows, start = [], 0
    for word in words:
        rows.append(flat[start : start + len(word)])
        start += len(word)
    return rows


def _yi_or_bu(characters: str, flat: Sequence[str], index: int) -> str:
    character, syllable = characters[index], flat[index]
    following = flat[index + 1][-1:] if index + 1 < len(flat) else ""
    if character == "不" and syllable == "bu4" and following == "4":
        return "bu2"
    if character != "一" or syllable != "yi1" or not following:
        return syllable
    before = characters[index - 1 : index]
    after = characters[index + 1]
    if before and before == after and before not in _COUNTING:
        return "yi5"
    if (before in _COUNTING and before) or after in _COUNTING - set("百千万亿"):
        return syllable
    return "yi2" if following in "45" else "yi4"
