"""The toolkit's own talker as the `tts` suite needs it."""

from __future__ import annotations

from speechkit.evaluation.manifest import Item
from speechkit.pipeline import Speechkit
from speechkit.talker import ATTRIBUTES, header_of
from speechkit.types import Speech


class KitTalker:
    """Says an item's text; the row's `instruction`, `gender`, `emotion`, `pitch`, `speed` and `energy` say how."""

    def __init__(self, kit: Speechkit, *, seed: int = 0) -> None:
        self.kit, self.seed = kit, seed
        self.name = f"talker, seed {seed}"
        self.fingerprint = f"{kit.talker.name}+{kit.decoder.fingerprint}"

    def speak(self, item: Item) -> Speech:
        """See `speechkit.evaluation.suites.tts.Talker`."""
        style = header_of({name: item.row[name] for name in ATTRIBUTES if item.row.get(name)})
        instruction = str(item.row.get("instruction") or "")
        return self.kit.say(item.text, instruction=instruction, style=style, language=item.language, seed=self.seed)
