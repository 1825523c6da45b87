"""A chat server as the cascade's text model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from speechkit.thinker.chat_client import ChatClient, ChatConfig
from speechkit.thinker.text_model import Choice, Message


class EndpointTextModel:
    """Writes through a chat server; chooses by asking for the number of an option."""

    def __init__(self, config: ChatConfig) -> None:
        """No connection is made before the first answer."""
        self.client = ChatClient(config)
        self.name = f"endpoint:{config.model}"

    def choose(self, messages: Sequence[Message], options: Sequence[str]) -> Choice:
        """The option whose number the server writes; without a valid number the first, marked so.

        Raises:
            ThinkerError: the server failed; see `ChatClient.stream`.
        """
        listed = "\n".join(f"{number}. {option}" for number, option in enumerate(options, start=1))
        question = f"{messages[-1]['content']}\n\n{listed}\n\nWrite the number of the one that fits best, nothing else."
        answer = self.client.complete([*messages[:-1], {**messages[-1], "content": question}], max_tokens=8)
        found = re.search(r"\d+", answer)
        if found and 1 <= int(found[0]) <= len(options):
            return Choice(index=int(found[0]) - 1)
        return Choice(index=0, problems=("choice_by_default",))

    def write(self, messages: Sequence[Message]) -> Iterator[str]:
        """See `ChatClient.stream`."""
        yield from self.client.stream(list(messages))
