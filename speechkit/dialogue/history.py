"""What a conversation remembers: turns for the thinker, and lines for a session file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from speechkit.protocols import Reply, Turn


@dataclass(kw_only=True)
class History:
    """Exchanges in their order; an exchange is added whole or not at all."""

    system: str = ""
    """What the thinker is told before the first turn."""
    turns: list[Turn] = field(default_factory=list)
    """The user's and the assistant's, in turn."""
    lines: list[str] = field(default_factory=list)
    """One line of JSON an exchange, for `save`."""

    def before(self, turn: Turn, limit: int) -> tuple[Turn, ...]:
        """What the thinker reads: the system turn, the last `limit` exchanges, and the turn itself."""
        system = (Turn(role="system", text=self.system),) if self.system else ()
        past = self.turns[-2 * limit :] if limit else []
        return (*system, *past, turn)

    def add(self, turn: Turn, reply: Reply, said: str, line: str) -> None:
        """Remember an exchange.

        Args:
            turn: the user's; its sound is dropped where the reply tells its words, and kept otherwise.
            reply: the thinker's.
            said: what was heard of it.
            line: for the session file.
        """
        answer = Turn(role="assistant", text=said, language=reply.language)
        self.turns += [remembered(turn, reply.thoughts.asr), answer]
        self.lines.append(line)

    def session(self) -> str:
        """All exchanges, as a session file holds them."""
        return "".join(self.lines)


def remembered(turn: Turn, transcript: str | None) -> Turn:
    """A turn as later answers need it: words instead of sound, where the words are known.

    >>> remembered(Turn(text="Look:", images=("cat.png",)), None).images
    ('cat.png',)
    """
    if turn.audio is None and turn.video is None or not transcript:
        return turn
    words: Sequence[str | None] = (transcript, turn.text)
    return replace(turn, audio=None, sample_rate=None, text="\n".join(text for text in words if text))
