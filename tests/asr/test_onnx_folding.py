"""Rewriting a stored model: only what is meant changes, whatever else the message holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.asr.onnx_folding import NAMED, name_subgraphs

Tree = list[tuple[int, object]]


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + varint(value // 128)


def message(fields: Tree) -> bytes:
    """Protobuf of (number, int | bytes | fields), by recursion."""
    data = b""
    for number, value in fields:
        if isinstance(value, int):
            data += varint(number * 8) + varint(value)
        else:
            body = value if isinstance(value, bytes) else message(value)  # type: ignore[arg-type]
            data += varint(number * 8 + 2) + varint(len(body)) + body
    return data


def named(fields: Tree, path: tuple[int, ...]) -> Tree:
    if not path:
        return [*fields, (2, b"body")]
    return [(n, named(v, path[1:]) if n == path[0] else v) for n, v in fields]  # type: ignore[arg-type]


plain = st.tuples(st.integers(10, 3000), st.integers(0, 1 << 40) | st.binary(max_size=300))
inner = st.lists(plain, max_size=4)
middle = st.lists(plain | st.tuples(st.just(6), inner), max_size=4)
outer = st.lists(plain | st.tuples(st.just(5), middle), max_size=4)


@given(outer)
def test_only_the_messages_at_the_end_of_the_path_change(fields: Tree) -> None:
    assert message([(2, b"body")]) == NAMED
    assert name_subgraphs(memoryview(message(fields)), (5, 6)) == message(named(fields, (5, 6)))


def test_numbers_of_fixed_width_are_kept() -> None:
    data = bytes([8 * 1 + 1, *range(8), 8 * 2 + 5, *range(4)])
    assert name_subgraphs(memoryview(data), (7,)) == data


@pytest.mark.parametrize("data", [b"\xff", bytes([8 * 1 + 3]), bytes([8 * 1 + 0])])
def test_what_is_not_protobuf_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="protobuf"):
        name_subgraphs(memoryview(data), (7,))
