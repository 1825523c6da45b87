import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import CodecMismatchError, UnitsError, UnitsFileError
from speechkit.types import Units
from speechkit.units_file import Format, Utterance, check_codec, read_units, reduce, sniff, write_units
from speechkit.units_file.rows import bits_per_unit, pack_ids, unpack_ids

FORMATS: tuple[Format, ...] = ("jsonl", "text", "packed")
ids_of = st.text(st.characters(exclude_categories=("C", "Z")), max_size=12)


@st.composite
def utterances(draw: st.DrawFn, rich: bool = True) -> Utterance:
    """Any utterance; where not `rich`, one that the text format can hold whole."""
    num_units = draw(st.sampled_from([1, 2, 126, 1000, 4096, 65536])) if rich else 4096
    units = Units(
        ids=np.array(draw(st.lists(st.integers(0, num_units - 1), max_size=40)), np.int64),
        num_units=num_units,
        unit_rate=draw(st.sampled_from([25.0, 12.5, 50.0, 21.533203125])) if rich else 25.0,
        num_samples=draw(st.integers(0, 2**40)) if rich else 0,
        sample_rate=draw(st.sampled_from([16000, 24000])) if rich else 16000,
        codec=draw(st.sampled_from(["", "0123456789abcdef"])) if rich else "",
    )
    return Utterance(id=draw(ids_of), units=units)


def written(rows: list[Utterance], format: Format, **options: bool) -> bytes:
    stream = io.BytesIO()
    assert write_units(stream, rows, format=format, **options) == len(rows)
    return stream.getvalue()


def read(data: bytes, **options: bool) -> list[Utterance]:
    return list(read_units(io.BytesIO(data), **options))


def same(first: list[Utterance], second: list[Utterance]) -> bool:
    meta = [
        [(row.id, row.reduced, row.units.num_samples, row.units.sample_rate) for row in rows]
        for rows in (first, second)
    ]
    return meta[0] == meta[1] and first == second


SAMPLE = [
    Utterance(id="leer", units=Units(ids=np.array([], np.int64))),
    Utterance(id="你好 1", units=Units(ids=np.array([0, 0, 4095, 7]), num_samples=2500, codec="0123456789abcdef")),
    Utterance(id="b", units=Units(ids=np.arange(9), num_units=126, unit_rate=50.0)),
]


# Round trips


@given(st.lists(utterances(), max_size=4), st.booleans())
def test_jsonl_round_trip(rows: list[Utterance], pack: bool) -> None:
    assert same(read(written(rows, "jsonl", pack=pack)), rows)


@given(st.lists(utterances(), max_size=4))
def test_packed_round_trip(rows: list[Utterance]) -> None:
    assert same(read(written(rows, "packed")), rows)


@given(st.lists(utterances(rich=False), max_size=4))
def test_text_round_trip(rows: list[Utterance]) -> None:
    assert same(list(read_units(io.BytesIO(written(rows, "text")), format="text")), rows)


@given(st.lists(st.integers(0, 2**17 - 1), max_size=50), st.integers(1, 2**17))
def test_packing_against_a_string_of_bits(ids: list[int], num_units: int) -> None:
    ids = [unit % num_units for unit in ids]
    width = bits_per_unit(num_units)
    bits = "".join(f"{unit:0{width}b}" for unit in ids)
    bits += "0" * (-len(bits) % 8)
    slow = bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8))
    assert pack_ids(np.array(ids, np.int64), num_units) == slow
    assert unpack_ids(slow, len(ids), num_units).tolist() == ids


@pytest.mark.parametrize("format", FORMATS)
def test_files_are_sniffed_and_atomic(tmp_path: Path, format: Format) -> None:
    rows = SAMPLE[:1] if format == "text" else SAMPLE
    path = tmp_path / "units"
    write_units(path, rows, format=format)
    assert list(read_units(path)) == rows and sniff(path.read_bytes()) == format
    before = path.read_bytes()

    def broken() -> object:
        yield rows[0]
        raise RuntimeError("the encoder died")

    with pytest.raises(RuntimeError):
        write_units(path, broken(), format=format)  # type: ignore[arg-type]
    assert path.read_bytes() == before and [child.name for child in tmp_path.iterdir()] == ["units"]


def test_packed_is_twelve_bits_a_unit() -> None:
    hour = Units(ids=np.zeros(90_000, np.int64))
    assert len(written([Utterance(id="hour", units=hour)], "packed")) < 90_000 * 1.5 + 100


def test_margins_stay_in_jsonl() -> None:
    margins = np.array([0.25, 0.1], np.float32)
    row = Utterance(id="m", units=Units(ids=np.array([1, 2]), margins=margins))
    (back,) = read(written([row], "jsonl"))
    assert back.units.margins is not None and np.array_equal(back.units.margins, margins)


# Durations


@pytest.mark.parametrize("format", FORMATS)
def test_reduced_is_written_on_request_marked_and_read_on_request(format: Format) -> None:
    row = Utterance(id="a", units=Units(ids=np.array([5, 5, 5, 2, 5])))
    assert read(written([row], format))[0].units.ids.tolist() == [5, 5, 5, 2, 5]
    data = written([row], format, reduced=True)
    with pytest.raises(UnitsFileError, match="no durations"):
        read(data)
    (back,) = read(data, allow_reduced=True)
    assert back.reduced and back.units.ids.tolist() == [5, 2, 5]
    assert reduce(back) == back


# Written by others


def test_text_as_language_models_write_it() -> None:
    first, second, third = read(b"<|speech_782|><|speech_0|>\r\n\nname\t<|speech_7|>\n <|speech_1|> \n")
    assert [first.id, second.id, third.id] == ["1", "name", "4"]
    assert [row.units.ids.tolist() for row in (first, second, third)] == [[782, 0], [7], [1]]
    assert first.units.to_text() == "<|speech_782|><|speech_0|>"


def test_rows_written_by_hand_need_no_checksum() -> None:
    (row,) = read(b'{"id": "a", "ids": [1, 2], "unit_rate": 25}')
    assert row.units == Units(ids=np.array([1, 2]))


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "a"}',
        '{"id": "a", "ids": [1], "packed": "AAA=", "count": 1}',
        '{"id": "a", "ids": 3}',
        '{"id": "a", "ids": [1.0]}',
        '{"id": "a", "ids": [true]}',
        '{"id": "a", "ids": [1], "ids": [2]}',
        '{"id": "a", "ids": [1], "speed": 2}',
        '{"id": "a", "ids": [1], "crc32": "00000000"}',
        '{"id": "a", "ids": [1], "unit_rate": NaN}',
        '{"id": "a", "ids": [1], "unit_rate": "25"}',
        '{"id": "a", "ids": [1], "unit_rate": 0}',
        '{"id": "a", "ids": [1], "num_samples": -1}',
        '{"id": "a", "ids": [1], "num_units": 0}',
        '{"id": "a", "ids": [1], "codec": null}',
        '{"id": "a", "ids": [1], "reduced": 1}',
        '{"id": "a", "ids": [1], "margins": [0.1, 0.2]}',
        '{"id": "a", "ids": [1], "margins": ["x"]}',
        '{"id": "a", "packed": "AAA="}',
        '{"id": "a", "packed": "AAA", "count": 1}',
        '{"id": "a", "packed": "AAA=", "count": 2}',
        '{"id": "a", "packed": "AAE=", "count": 1}',
        '{"id": "a", "packed": "AAA=", "count": 1, "num_units": "x"}',
        '{"id": 5, "ids": [1]}',
        '{"id": "a\\nb", "ids": [1]}',
        '{"id": "\\ud800", "ids": [1]}',
        "{" + '"a":[' * 5000,
    ],
)
def test_bad_rows_name_their_line(line: str) -> None:
    with pytest.raises(UnitsFileError, match="line 2"):
        read(b'{"id": "fine", "ids": [1]}\n' + line.encode() + b"\n")


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\x00\x00\x00\x00WAVE",
        b"hello",
        b"<|speech_01|>",
        b"<|speech_1|",
        b"a\tb\t<|speech_1|>",
        b"\xff\xfe",
        b"[1, 2]",
    ],
)
def test_what_is_no_units_file(data: bytes) -> None:
    with pytest.raises(UnitsFileError, match="line 1"):
        read(data)


def test_unit_4096() -> None:
    codes = base64.b64encode(pack_ids(np.array([127]), 126)).decode()
    packed = f'{{"packed": "{codes}", "count": 1, "num_units": 126}}'.encode()
    for data in (b"<|speech_4096|>", b'{"id": "a", "ids": [4096]}', packed):
        with pytest.raises(UnitsError, match=r"unit (4096|127) is out of range"):
            read(data)


def test_codecs_must_match() -> None:
    made = Units(ids=np.array([1]), codec="0123456789abcdef")
    check_codec(made, "0123456789abcdef")
    check_codec(Units(ids=np.array([1])), "0123456789abcdef")
    for other in ("fedcba9876543210", ""):
        with pytest.raises(CodecMismatchError, match="0123456789abcdef"):
            check_codec(made, other)


def test_places_and_formats_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UnitsFileError, match="No such file"):
        read_units(tmp_path / "nowhere")
    with pytest.raises(UnitsFileError, match="irectory"):
        read_units(tmp_path)
    with pytest.raises(UnitsFileError, match="cannot write"):
        write_units(tmp_path / "no" / "where", SAMPLE)
    with pytest.raises(UnitsFileError, match="jsonl, text, packed"):
        write_units(tmp_path / "x", SAMPLE, format="csv")  # type: ignore[arg-type]
    with pytest.raises(UnitsFileError, match="printable"):
        Utterance(id="a\tb", units=Units(ids=np.array([1])))


# Damage


@given(st.data())
def test_any_flipped_byte_is_noticed(data: st.DataObject) -> None:
    format: Format = data.draw(st.sampled_from(["jsonl", "packed"]))
    raw = bytearray(written(SAMPLE, format, pack=data.draw(st.booleans())))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        rows = read(bytes(raw))
    except (UnitsFileError, UnitsError):
        return
    assert format == "jsonl" and same(rows, SAMPLE), "what is not noticed must not matter, like a changed space"


@given(st.data())
def test_any_flip_in_text_is_noticed_or_gives_units(data: st.DataObject) -> None:
    raw = bytearray(written(SAMPLE[1:2], "text"))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        rows = list(read_units(io.BytesIO(bytes(raw)), format="text"))
    except (UnitsFileError, UnitsError):
        return
    assert all(0 <= unit < 4096 for row in rows for unit in row.units)


def test_truncation_of_packed_is_always_noticed() -> None:
    raw = written(SAMPLE, "packed")
    for end in range(len(raw)):
        with pytest.raises(UnitsFileError):
            list(read_units(io.BytesIO(raw[:end]), format="packed"))
    with pytest.raises(UnitsFileError, match="end"):
        read(raw + b"\x00")


def test_truncation_of_jsonl_never_gives_garbage() -> None:
    raw = written(SAMPLE, "jsonl")
    for end in range(len(raw)):
        try:
            rows = read(raw[:end])
        except UnitsFileError:
            continue
        assert rows == SAMPLE[: len(rows)]


def test_packed_refuses_other_versions_and_files() -> None:
    raw = bytearray(written(SAMPLE, "packed"))
    with pytest.raises(UnitsFileError, match="not a packed"):
        list(read_units(io.BytesIO(b"RIFF"), format="packed"))
    raw[8] = 2
    with pytest.raises(UnitsFileError, match="version"):
        read(bytes(raw))


def test_rows_before_the_damage_are_given() -> None:
    lines = written(SAMPLE, "jsonl").splitlines(keepends=True)
    rows = read_units(io.BytesIO(lines[0] + b"{broken\n" + lines[1]))
    assert next(rows) == SAMPLE[0]
    with pytest.raises(UnitsFileError, match="line 2"):
        next(rows)


def test_jsonl_files_can_be_joined() -> None:
    first, second = written(SAMPLE[:1], "jsonl"), written(SAMPLE[1:], "jsonl")
    assert read(first + second) == SAMPLE
    assert [json.loads(line)["id"] for line in (first + second).splitlines()] == [row.id for row in SAMPLE]
