"""Everyday sentences to say, out of a copy of chatterbot-corpus (BSD-3): what people say to a machine, without rare names.

    pip download --no-deps chatterbot-corpus==1.3.3 && unzip chatterbot_corpus-1.3.3-*.whl -d corpus/
    python -m benchmarks.everyday corpus/chatterbot_corpus/data/chinese --count 200 -o everyday.jsonl
    speechkit evaluate tts -m everyday.jsonl --say --asr whisper:base -o report/

Sentences of Han alone, 6 to 26 signs, each once, in the order of their hashes: the same list wherever it is made.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from recipes.corpora.texts import text_hash

PLAIN = re.compile(r"[\u4e00-\u9fff，。？！、]{6,26}")


def everyday(folder: Path, count: int) -> list[str]:
    """The first `count` sentences of a folder of YAML files by hash."""
    found = {line for file in sorted(folder.glob("*.yml")) for line in _lines(file) if PLAIN.fullmatch(line)}
    return sorted(found, key=text_hash)[:count]


def _lines(file: Path) -> Iterator[str]:
    for conversation in yaml.safe_load(file.read_text(encoding="utf-8"))["conversations"]:
        yield from (str(line).strip() for line in conversation)


def main() -> None:
    """Command line; see the head of this file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.everyday", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="of the YAML files of one language")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("-o", "--output", type=Path, required=True, help="manifest to write")
    options = parser.parse_args()
    rows = [
        {"id": f"everyday{number:03d}", "text": text, "language": "zh"}
        for number, text in enumerate(everyday(options.folder, options.count))
    ]
    options.output.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows)} sentences in {options.output}")


if __name__ == "__main__":
    main()
