"""The response out of a stream: early, whole, and never more than the reply says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.protocols import Direction, Reply, Thoughts
from speechkit.thinker.formats import parse_thoughts, serialise_thoughts
from speechkit.thinker.spoken_stream import spoken_stream

TEXT = st.text(alphabet='ab <>&;lt"\\\n好。:', min_size=1, max_size=20).filter(lambda text: bool(text.strip()))


def stream(text: str, size: int) -> list[str | Reply]:
    reply = Reply(
        thoughts=parse_thoughts(text).require(),
        direction=Direction(strategy="chat", instruction="Speak.", style={}),
        language="en",
        thinker="fake",
    )
    return [*(text[start : start + size] for start in range(0, len(text), size)), reply]


@given(
    st.builds(Thoughts, user_intent=st.none() | TEXT, response=TEXT),
    st.sampled_from(["tagged", "json"]),
    st.integers(1, 9),
)
def test_the_pieces_join_to_the_response(thoughts: Thoughts, format: str, size: int) -> None:
    *pieces, reply = spoken_stream(stream(serialise_thoughts(thoughts, format), size))  # type: ignore[arg-type]
    assert "".join(map(str, pieces)) == thoughts.response
    assert isinstance(reply, Reply)


@pytest.mark.parametrize("format", ["tagged", "json", "released", "english", "chinese"])
def test_early_where_it_is_certain(format: str) -> None:
    thoughts = Thoughts(user_intent="to talk", response="Well, I am here. Tell me.")
    *pieces, _ = spoken_stream(stream(serialise_thoughts(thoughts, format), 4))  # type: ignore[arg-type]
    assert "".join(map(str, pieces)) == thoughts.response
    assert (len(pieces) > 3) == (format in ("tagged", "json", "released"))


def test_what_was_said_stays_said() -> None:
    items = ["<response>Yes, ", "indeed", *stream("<response>No.</response>", 100)[1:]]
    *pieces, reply = spoken_stream(items)
    assert pieces == ["Yes,", " indeed"]
    assert isinstance(reply, Reply)
    assert list(spoken_stream([])) == []
