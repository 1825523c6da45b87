"""The runner: the same results however often a run was interrupted; nothing is dropped in silence."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from speechkit.errors import ConfigError, ManifestError, WaveformError
from speechkit.evaluation import Clip, Item, Record, Summary, choose, read_manifest, run
from speechkit.evaluation.records import RecordLog
from speechkit.metrics.aggregate import mean_result


class Lengths:
    """A suite that measures the length of the ids; item "bad" fails, and it can be told to die."""

    name = "lengths"

    def __init__(self, die_after: int | None = None, factor: float = 1.0) -> None:
        self.die_after, self.factor, self.measured = die_after, factor, 0

    def parameters(self) -> Mapping[str, Any]:
        return {"factor": self.factor}

    def fingerprints(self) -> Mapping[str, str]:
        return {"model": "x"}

    def measure(self, item: Item, folder: Path) -> Record:
        if self.die_after is not None and self.measured >= self.die_after:
            raise KeyboardInterrupt
        self.measured += 1
        if item.id == "bad":
            raise WaveformError("it is silent")
        return Record(
            id=item.id, values={"length": len(item.id) / 3 * self.factor}, seconds={"all": 0.1 * self.measured}
        )

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        result = mean_result("mean_length", [record.outcome("length") for record in records])
        return Summary(results=[result], item_metrics={"mean_length": "length"})

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        return []


def items(*names: str) -> list[Item]:
    return [Item(id=name, row={"id": name}, folder=Path()) for name in names]


NAMES = ("a", "bb", "ccc", "bad", "eeeee", "ffffff", "ggggggg")


def test_report_counts_skips(tmp_path: Path) -> None:
    report = run(Lengths(), items(*NAMES), tmp_path)
    (result,) = report.results
    assert result.n == 6
    assert result.skipped_reasons == {"waveform_error": 1}
    document = json.loads((tmp_path / "results.json").read_text())
    assert document["skipped_items"] == {"bad": "waveform_error"}
    assert {"versions", "models", "parameters", "manifest_sha256", "results"} <= set(document)
    assert "http" not in (tmp_path / "index.html").read_text().replace("http://www.w3.org", "")


@pytest.mark.parametrize("died", range(len(NAMES)))
@pytest.mark.parametrize("cut", [0, 1, 7])
def test_killed_and_restarted_gives_the_same_results(tmp_path: Path, died: int, cut: int) -> None:
    run(Lengths(), items(*NAMES), tmp_path / "whole")
    target = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        run(Lengths(die_after=died), items(*NAMES), target)
    log = target / "items.jsonl"
    if cut and log.exists():  # the power went off within the last line
        log.write_bytes(log.read_bytes()[:-cut])
    second = Lengths()
    run(second, items(*reversed(NAMES)), target)
    assert second.measured <= len(NAMES) - died + bool(cut and died)
    assert (target / "results.json").read_bytes() == (tmp_path / "whole" / "results.json").read_bytes()
    assert run(Lengths(die_after=0), items(*NAMES), target).results  # everything is there already


@pytest.mark.parametrize("workers", [2, 5])
def test_items_measured_together_give_the_same_results(tmp_path: Path, workers: int) -> None:
    run(Lengths(), items(*NAMES), tmp_path / "one")
    told: list[tuple[int, int, str]] = []
    run(Lengths(), items(*NAMES), tmp_path / "many", workers=workers, progress=lambda *state: told.append(state))
    assert (tmp_path / "one/results.json").read_bytes() == (tmp_path / "many/results.json").read_bytes()
    assert [done for done, _, _ in told] == list(range(1, len(NAMES) + 1))
    assert json.loads((tmp_path / "many/timings.json").read_text())["items_at_once"] == workers


def test_an_error_of_one_worker_stops_all_and_the_run_goes_on(tmp_path: Path) -> None:
    many = items(*(f"{number:03}" for number in range(40)))
    dying = Lengths(die_after=5)
    with pytest.raises(KeyboardInterrupt):
        run(dying, many, tmp_path / "killed", workers=3)
    measured = len((tmp_path / "killed/items.jsonl").read_bytes().splitlines())
    assert 5 <= measured < 40  # what was measured before the error is kept, however the threads raced
    run(Lengths(), many, tmp_path / "killed", workers=2)
    run(Lengths(), many, tmp_path / "whole")
    assert (tmp_path / "killed/results.json").read_bytes() == (tmp_path / "whole/results.json").read_bytes()


def test_at_least_one_item_at_a_time(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="workers=0"):
        run(Lengths(), items("a"), tmp_path, workers=0)


class Undecided(Lengths):
    """A judge that scores the items that it knows."""

    def __init__(self, *known: str) -> None:
        super().__init__()
        self.known = known

    def measure(self, item: Item, folder: Path) -> Record:
        self.measured += 1
        if item.id in self.known:
            return Record(id=item.id, values={"status": "scored", "length": 1.0})
        return Record(id=item.id, values={"status": "unscored", "length_skipped": "no_answer"})


def test_what_a_judge_left_unscored_is_asked_again(tmp_path: Path) -> None:
    (first,) = run(Undecided("a"), items("a", "b", "c"), tmp_path).results
    assert (first.n, first.skipped_reasons) == (1, {"no_answer": 2})
    again = Undecided("a", "b")
    (second,) = run(again, items("a", "b", "c"), tmp_path).results
    assert again.measured == 2
    assert (second.n, second.skipped_reasons) == (2, {"no_answer": 1})
    third = Undecided("c")
    assert run(third, items("a", "b", "c"), tmp_path).results[0].n == 3
    assert third.measured == 1


def test_a_folder_holds_one_run(tmp_path: Path) -> None:
    run(Lengths(), items("a", "bb"), tmp_path)
    with pytest.raises(ConfigError, match="parameters differ"):
        run(Lengths(factor=2), items("a", "bb"), tmp_path)
    with pytest.raises(ConfigError, match="manifest_sha256"):
        run(Lengths(), items("a", "cc"), tmp_path)


@pytest.mark.parametrize(("names", "reason"), [((), "no_items"), (("bad",), "all_items_skipped")])
def test_nothing_measured_gives_null_with_the_reason(tmp_path: Path, names: tuple[str, ...], reason: str) -> None:
    (result,) = run(Lengths(), items(*names), tmp_path).results
    assert result.value is None
    assert result.null_reason == reason


def test_nan_is_refused_on_the_way_to_disk(tmp_path: Path) -> None:
    class Broken(Lengths):
        def measure(self, item: Item, folder: Path) -> Record:
            return Record(id=item.id, values={"length": float("nan")})

    with pytest.raises(ConfigError, match="nan"):
        run(Broken(), items("a"), tmp_path)
    assert not (tmp_path / "results.json").exists()


def test_a_bug_is_not_a_skip(tmp_path: Path) -> None:
    class Buggy(Lengths):
        def measure(self, item: Item, folder: Path) -> Record:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(Buggy(), items("a"), tmp_path)


def test_progress_tells_every_item(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    run(Lengths(), items("b", "a"), tmp_path, progress=lambda *state: told.append(state))
    assert told == [(1, 2, "a"), (2, 2, "b")]


def test_a_damaged_line_in_the_middle_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(Record(id="a").to_line() + b"{broken\n" + Record(id="b").to_line())
    with pytest.raises(ManifestError, match="line 2"):
        RecordLog(path).read()


def test_the_log_gives_what_it_wrote(tmp_path: Path) -> None:
    log = RecordLog(tmp_path / "deep" / "items.jsonl")
    with log:
        back = log.append(Record(id="é", values={"x": (1, 2)}, seconds={"t": 0.5}))
        assert log.read() == {"é": back}
        later = log.append(Record(id="é", values={"x": 3}))
    assert back.values == {"x": [1, 2]}
    assert log.read() == {"é": later}


class TestManifest:
    def write(self, path: Path, *rows: object) -> Path:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def test_rows_and_paths(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "m.jsonl", {"audio": "a/b.wav", "text": "hi", "speaker": 3}, {"id": 7})
        first, second = read_manifest(path)
        assert (first.id, first.text, first.language, first.speaker) == ("a/b", "hi", "en", "3")
        assert first.path() == tmp_path / "a/b.wav"
        assert second.id == "7"
        with pytest.raises(ManifestError, match="no 'audio'"):
            second.path()

    def test_a_json_list_is_a_manifest_too(self, tmp_path: Path) -> None:
        path = tmp_path / "m.json"
        path.write_text('[{"id": "x"},\n {"id": "y"}]')
        assert [item.id for item in read_manifest(path)] == ["x", "y"]

    @pytest.mark.parametrize("content", ['{"id": "a"}\n{"id": "a"}\n', "{}\n", "[1]\n", "{broken\n", "3\n"])
    def test_bad_manifests(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "m.jsonl"
        path.write_text(content)
        with pytest.raises(ManifestError):
            read_manifest(path)

    def test_missing_manifest(self, tmp_path: Path) -> None:
        with pytest.raises(ManifestError, match="cannot be read"):
            read_manifest(tmp_path / "none.jsonl")

    def test_choice_is_even_and_stable(self) -> None:
        rows = [Item(id=f"i{n}", row={"speaker": "ab"[n > 15], "split": "dev"}, folder=Path()) for n in range(20)]
        chosen = choose(rows, limit=6, split="dev")
        assert [item.speaker for item in chosen].count("b") == 3
        assert chosen == choose(rows[::-1], limit=6, split="dev")
        assert {item.id for item in choose(rows, limit=4)} <= {item.id for item in choose(rows, limit=8)}
        assert choose(rows, split="train") == []
        with pytest.raises(ManifestError):
            choose(rows, limit=0)
