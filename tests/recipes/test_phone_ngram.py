"""The recipe that gives an S2U a sense of language: counting, smoothing, pruning, the commands."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

pytest.importorskip("lightning")

from recipes.phone_ngram import RADIX, count, main, pack, prune, smooth
from s2u import S2U
from s2u.spelling import SILENCE
from tests.s2u.searching import sentences, table
from tests.s2u.test_units_contract import noise, tiny_config


def slow_counts(spoken: list[list[int]], length: int) -> Counter[tuple[int, ...]]:
    found: Counter[tuple[int, ...]] = Counter()
    for sentence in spoken:
        whole = [SILENCE, *sentence, SILENCE]
        found.update(tuple(whole[at : at + length]) for at in range(len(whole) - length + 1))
    return found


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_counts_equal_their_slow_twin(length: int) -> None:
    spoken = sentences(30)
    keys, counts = count(spoken, length)[length - 1]
    digits = [[key // RADIX ** (length - 1 - at) % RADIX for at in range(length)] for key in keys.tolist()]
    assert dict(zip(map(tuple, digits), counts, strict=True)) == slow_counts(spoken, length)


def test_probabilities_after_every_history_sum_to_one_with_what_is_spared() -> None:
    levels = smooth(count(sentences(), 3))
    for order, grams in enumerate(levels):
        _, number = np.unique(grams.keys // RADIX, return_inverse=True)
        sums = np.bincount(number, grams.probabilities)
        assert (sums <= 1 + 1e-9).all() and (sums > 0.3).all(), order


def test_pruning_keeps_beginnings_and_the_budget() -> None:
    levels = smooth(count(sentences(300), 4))
    kept = prune(levels, 150)
    assert sum(len(grams.keys) for grams in kept) < sum(len(grams.keys) for grams in levels)
    for longer, shorter in zip(kept[1:], kept, strict=False):
        assert np.isin(longer.keys // RADIX, shorter.keys).all()
    arrays = pack(kept)
    assert arrays["children1"].sum() == len(kept[1].keys) and arrays["children4"].sum() == 0


def test_build_and_tune(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    S2U(tiny_config()).save(tmp_path / "s2u", card="# Before")
    table().save(tmp_path / "codes.safetensors")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("She had a dark suit. The train leaves at seven.\n\nIt rained.", encoding="utf-8")
    soundfile.write(tmp_path / "clip.wav", noise(32_000), 16000)
    rows = [
        {"audio": "clip.wav", "text": "hello there", "language": "en", "speaker": "a", "split": split, "duration_seconds": 2.0}
        for split in ("train", "dev")
    ]
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    manifest, out = str(tmp_path / "manifest.jsonl"), str(tmp_path / "out")
    with pytest.raises(SystemExit, match="no code table"):
        main(["build", str(tmp_path / "s2u"), "-o", out])
    codes = ["--codes", str(tmp_path / "codes.safetensors")]
    main(["build", str(tmp_path / "s2u"), *codes, "--text", str(tmp_path / "text"), "--transcripts", manifest, "-o", out])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["sentences"] == 4
    built = S2U.load(out)
    assert built.search is not None and len(built.encode(noise(32_000), 16000)) == 50
    main(["build", out, *codes, codes[1], "-o", str(tmp_path / "again")])  # other votes, the n-gram stays
    again = S2U.load(tmp_path / "again")
    assert again.search is not None and again.config.search.grams == built.config.search.grams
    assert len(again.search.codes) == 2 * len(built.search.codes)
    kept = again.search.ngram.state_dict()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in built.search.ngram.state_dict().items())
    with pytest.raises(SystemExit, match="no n-gram to keep"):
        main(["build", str(tmp_path / "s2u"), *codes, "-o", out])
    main(["tune", out, "--manifest", manifest, "--skip", "0", "--weights", "0.3", "--entries", "1.5"])
    assert "weight 0.3  entry 1.5" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="no search yet"):
        main(["tune", str(tmp_path / "s2u"), "--manifest", manifest])
