"""From a short text such as `stub:replies.json` or `https://server/v1` to a judge."""

from __future__ import annotations

from pathlib import Path

from speechkit.errors import ConfigError
from speechkit.evaluation.judging.client import ChatJudge, JudgeClientConfig
from speechkit.evaluation.judging.offline import RecordingJudge, ReplayJudge, StubJudge
from speechkit.protocols import Judge


def judge_of(spec: str, *, model: str = "", media_style: str = "gemini_image_url", record: Path | None = None) -> Judge:
    """Make a judge.

    Args:
        spec: `stub:FILE`, `replay:FILE`, or the base URL of an OpenAI-compatible server.
        model: name of the model on the server.
        media_style: see `speechkit.evaluation.judging.media`.
        record: file that answers are written to, for a later replay.
    Raises:
        ConfigError: an unknown form, or a URL without a model.
    """
    kind, _, rest = spec.partition(":")
    judge: Judge
    if kind == "stub":
        judge = StubJudge(rest)
    elif kind == "replay":
        judge = ReplayJudge(rest)
    elif kind in ("http", "https"):
        if not model:
            raise ConfigError("a judge behind a URL needs the name of its model: --judge-model.")
        judge = ChatJudge(JudgeClientConfig(base_url=spec, model=model, media_style=media_style))
    else:
        raise ConfigError(f"a judge is stub:FILE, replay:FILE or a URL, got {spec!r}.")
    return judge if record is None else RecordingJudge(judge, record)
