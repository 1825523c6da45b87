"""The cascade: a recogniser, an emotion scorer and a text model; reasoning is constrained, so it is valid every time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from speechkit.config import Config
from speechkit.errors import ConfigError
from speechkit.protocols import Direction, EmotionScorer, Reply, StrategyToInstruction, Thoughts, Transcriber, Turn
from speechkit.thinker.answers import MAX_AUDIO_SECONDS, Language, check_turns, last_reply, make_reply
from speechkit.thinker.formats import serialise_thoughts
from speechkit.thinker.instruction import TemplateInstruction, describe
from speechkit.thinker.intents import LIKELY, intent_text
from speechkit.thinker.perception import Perception, perceive
from speechkit.thinker.regulation import RegulationPolicy, suited_strategies, tempered_style
from speechkit.thinker.spoken_text import SpokenSentences
from speechkit.thinker.strategies import STRATEGIES, Strategy
from speechkit.thinker.text_model import Message, TextModel


@dataclass(frozen=True, kw_only=True)
class CascadeConfig(Config):
    """How the cascade answers."""

    language: Language = "en"
    """Of sound whose turn states none."""
    max_sentences: int = 3
    """Of the response."""
    history_turns: int = 6
    """Turns before the last that the text model reads; older ones are left out, and marked."""
    max_audio_seconds: float = MAX_AUDIO_SECONDS
    """Longer audio is refused."""
    regulation: RegulationPolicy | None = None
    """Pull extreme states to balance; None follows the strategy table."""

    def __post_init__(self) -> None:
        if self.language not in ("en", "zh") or self.max_sentences < 1 or self.history_turns < 0:
            raise ConfigError("CascadeConfig: language 'en' or 'zh', max_sentences >= 1, history_turns >= 0.")


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """All that is decided before the response is written."""

    thoughts: Thoughts
    strategy: Strategy
    perception: Perception
    direction: Direction
    problems: tuple[str, ...]


class CascadeThinker:
    """Perception comes from the scorers, intent and strategy are chosen by likelihood among documented sets, and the
    response is written under them: p(response | strategy, intent, emotion, words), the causal order of EmoOmni 4.3.

    A text model that writes nothing fit to be said is replaced by the strategy's opening sentence ("response_fallback").
    """

    def __init__(
        self,
        text_model: TextModel,
        *,
        transcriber: Transcriber | None = None,
        scorer: EmotionScorer | None = None,
        director: StrategyToInstruction | None = None,
        config: CascadeConfig | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            text_model: chooses and writes.
            transcriber: needed for sound.
            scorer: of the emotion in the voice; without one the text model guesses it from the words.
            director: strategy to instruction; templates by default.
            config: how to answer.
        """
        self.text_model = text_model
        self.transcriber = transcriber
        self.scorer = scorer
        self.director = director or TemplateInstruction()
        self.config = config or CascadeConfig()
        self.name = f"cascade:{text_model.name}"

    def reply(self, turns: Sequence[Turn]) -> Reply:
        """See `Thinker`."""
        return last_reply(self, turns)

    def stream(self, turns: Sequence[Turn]) -> Iterator[str | Direction | Reply]:
        """The direction and the thoughts as tagged text at once, then the response sentence by sentence, then the Reply."""
        plan = self._plan(turns)
        head = serialise_thoughts(plan.thoughts, "tagged", "with_asr")
        opening = head[: head.rindex("<response>") + len("<response>")]
        yield plan.direction
        yield opening
        sentences: list[str] = []
        spoken = SpokenSentences(plan.perception.language, self.config.max_sentences)
        joint = "" if plan.perception.language == "zh" else " "
        for sentence in self._written(turns, plan, spoken):
            yield (joint if sentences else "") + sentence
            sentences.append(sentence)
        problems = [*plan.problems, *spoken.problems]
        if not sentences:
            sentences = [plan.strategy.opening(plan.perception.language)]
            problems.append("response_fallback")
            yield sentences[0]
        yield "</response>"
        response = joint.join(sentences)
        yield self._reply(plan, response, f"{opening}{response}</response>", tuple(problems))

    def _plan(self, turns: Sequence[Turn]) -> _Plan:
        last = check_turns(turns, max_audio_seconds=self.config.max_audio_seconds)
        seen = perceive(
            last,
            self.text_model,
            transcriber=self.transcriber,
            scorer=self.scorer,
            default_language=self.config.language,
        )
        problems = list(seen.problems)
        if len(turns) - 1 > self.config.history_turns:
            problems.append(f"history_left_out:{len(turns) - 1 - self.config.history_turns}")
        if not seen.words:
            intent, strategy = "unclear", STRATEGIES["ask"]
        else:
            intent, strategy = self._choose(turns, seen, problems)
        thoughts = Thoughts(
            asr=seen.transcript,
            emotion_analysis=seen.analysis(),
            user_intent=intent_text(intent, seen.language),
            response_strategy=strategy.plan(seen.language),
            response=strategy.opening(seen.language),
        )
        direction = self._directed(thoughts, seen, problems)
        return _Plan(
            thoughts=thoughts, strategy=strategy, perception=seen, direction=direction, problems=tuple(problems)
        )

    def _directed(self, thoughts: Thoughts, seen: Perception, problems: list[str]) -> Direction:
        """How the answer is to sound; tempered where the policy asks for it."""
        direction = self.director.direct(thoughts, seen.language)
        policy = self.config.regulation
        if policy is None or not seen.emotions:
            return direction
        style = tempered_style(direction.style, seen.emotions, policy)
        if style == direction.style:
            return direction
        problems.append("tempered")
        return replace(direction, style=style, instruction=describe(style, seen.language))

    def _choose(self, turns: Sequence[Turn], seen: Perception, problems: list[str]) -> tuple[str, Strategy]:
        """Intent, then strategy under it, each by the text model among those that suit the emotion."""
        likely = LIKELY[seen.emotion]
        texts = [intent_text(name, seen.language) for name in likely]
        choice = self.text_model.choose(self._question(turns, seen, [], _WANT[seen.language]), texts)
        problems += [problem for problem in choice.problems if problem not in problems]
        known = [texts[choice.index]]
        suited, regulated = suited_strategies(seen.emotions, self.config.regulation)
        if regulated:
            problems.append("regulated")
        if len(suited) == 1:
            return likely[choice.index], suited[0]
        plans = [strategy.plan(seen.language) for strategy in suited]
        chosen = self.text_model.choose(self._question(turns, seen, known, _HOW[seen.language]), plans)
        problems += [problem for problem in chosen.problems if problem not in problems]
        return likely[choice.index], suited[chosen.index]

    def _question(self, turns: Sequence[Turn], seen: Perception, known: list[str], ask: str) -> list[Message]:
        told = " ".join([seen.analysis(), *known])
        return [*self._history(turns), {"role": "user", "content": f"“{seen.words}”\n{told}\n{ask}"}]

    def _history(self, turns: Sequence[Turn]) -> list[Message]:
        past = turns[:-1][-self.config.history_turns :] if self.config.history_turns else ()
        return [{"role": turn.role, "content": turn.text} for turn in past if turn.text]

    def _written(self, turns: Sequence[Turn], plan: _Plan, spoken: SpokenSentences) -> Iterator[str]:
        """The response's sentences; none when nothing was heard."""
        if not plan.perception.words:
            return
        thoughts, language = plan.thoughts, plan.perception.language
        brief = " ".join(
            [
                _BRIEF[language],
                thoughts.emotion_analysis or "",
                thoughts.user_intent or "",
                thoughts.response_strategy or "",
            ]
        )
        messages: list[Message] = [
            {"role": "system", "content": brief},
            *[message for message in self._history(turns) if message["role"] != "system"],
            {"role": "user", "content": plan.perception.words},
        ]
        yield from spoken.run(self.text_model.write(messages))

    def _reply(self, plan: _Plan, response: str, raw: str, problems: tuple[str, ...]) -> Reply:
        return make_reply(
            replace(plan.thoughts, response=response),
            thinker=self.name,
            direction=plan.direction,
            default_language=plan.perception.language,
            raw=raw,
            problems=problems,
        )


_WANT = {"en": "What do they want?", "zh": "对方想要什么？"}
_HOW = {"en": "How should one answer?", "zh": "应该怎样回应？"}
_BRIEF = {
    "en": "You are a caring companion in a spoken conversation. Answer in English, in one to three short sentences.",
    "zh": "你是语音对话中体贴的伙伴。用中文回答，一到三句短句。",
}
