"""Where Chinese characters begin and end in a text."""

from __future__ import annotations

import re

_HAN = re.compile("([\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][^A-Za-z]*)")


def split_scripts(text: str) -> list[tuple[str, bool]]:
    """Cut a text where Latin words and Chinese characters meet.

    Returns:
        Parts in order, joined the text itself, each with whether it begins with a Chinese character; such a part has no
        Latin letters, the others have no Chinese characters.
    >>> split_scripts("TTS 是好的")
    [('TTS ', False), ('是好的', True)]
    """
    return [(part, _HAN.fullmatch(part) is not None) for part in _HAN.split(text) if part]
