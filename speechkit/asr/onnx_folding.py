"""Open a stored onnxruntime model so that what is constant in it is computed once, not in every run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

GRAPH, NODE, ATTRIBUTE, SUBGRAPH = 7, 1, 5, 6
"""Field numbers from a ModelProto down to the graph inside a node such as `If`. Source: onnx.proto."""

NAMED = b"\x12\x04body"
"""Field 2 of a GraphProto, its name: a text of four bytes."""


def folded_session(path: Path, threads: int) -> Any:
    """An onnxruntime session of a `.ort` file, its weights unpacked while it loads.

    onnxruntime folds constants of `.onnx` files only. A `.ort` file whose weights are stored as bytes is therefore
    unpacked to floats in every run, for a decoder at every token. So the model is written as `.onnx`, the graphs inside
    its branches get the name that the format asks for and the writer forgets, and the result is opened with folding.

    Args:
        path: of the `.ort` file.
        threads: CPU threads.
    Returns:
        `onnxruntime.InferenceSession`; same inputs and outputs, four bytes of memory for each stored weight.
    """
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "model.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.optimized_model_filepath = str(written)
        options.add_session_config_entry("session.save_model_format", "ONNX")
        onnxruntime.InferenceSession(str(path), options)
        model = name_subgraphs(memoryview(written.read_bytes()), (GRAPH, NODE, ATTRIBUTE, SUBGRAPH))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model, options)


def name_subgraphs(message: memoryview, path: tuple[int, ...]) -> bytes:
    """A protobuf message with `NAMED` appended to every message at the end of a path of field numbers.

    Args:
        message: encoded.
        path: field numbers, outermost first; all of messages. Empty: this message is meant.
    Raises:
        ValueError: not protobuf.
    Source: protobuf's wire format: a key (number * 8 + kind), then a varint, 8 bytes, a length and bytes, or 4 bytes.
    """
    if not path:
        return bytes(message) + NAMED
    parts, place = [], 0
    while place < len(message):
        start = place
        key, place = _varint(message, place)
        if key & 7 == 2:
            size, begin = _varint(message, place)
            place = begin + size
            if key >> 3 == path[0]:
                inner = name_subgraphs(message[begin:place], path[1:])
                parts += [_encoded(key), _encoded(len(inner)), inner]
                continue
        elif key & 7 == 0:
            _, place = _varint(message, place)
        elif key & 7 in (1, 5):
            place += 8 if key & 7 == 1 else 4
        else:
            raise ValueError(f"not protobuf: a field of kind {key & 7}")
        parts.append(bytes(message[start:place]))
    return b"".join(parts)


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Value of a varint and the place after it."""
    value = shift = 0
    while place < len(message):
        byte = message[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place
    raise ValueError("not protobuf: cut off")


def _encoded(value: int) -> bytes:
    pieces = bytearray()
    while value > 127:
        pieces.append(value & 127 | 128)
        value >>= 7
    return bytes([*pieces, value])
