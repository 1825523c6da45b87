"""The thinker: hears, sees or reads, reasons in an emotional chain of thought, and answers.

| room | modules |
|---|---|
| the record | thoughts, formats, emova, json_repair |
| from thoughts to a voice | strategies, regulation, instruction |
| backends | qwen_omni, endpoint, cascade, replay; made by registry |
| what they stand on | answers, prompts, media, records, chat_client, text_model, perception, spoken_text |
"""

from __future__ import annotations

from speechkit.thinker.emova import ChainOfModality, parse_emova
from speechkit.thinker.formats import parse_thoughts, serialise_thoughts
from speechkit.thinker.instruction import TemplateInstruction, style_text
from speechkit.thinker.registry import THINKERS, Parts, thinker
from speechkit.thinker.regulation import RegulationPolicy
from speechkit.thinker.replay import RecordingThinker, ReplayThinker
from speechkit.thinker.strategies import STRATEGIES, Strategy
from speechkit.thinker.thoughts import THOUGHTS_SCHEMA, ParsedThoughts, thoughts_from_json, thoughts_to_json
from speechkit.thinker.written_instruction import WrittenInstruction

__all__ = [
    "STRATEGIES",
    "THINKERS",
    "THOUGHTS_SCHEMA",
    "ChainOfModality",
    "ParsedThoughts",
    "Parts",
    "RecordingThinker",
    "RegulationPolicy",
    "ReplayThinker",
    "Strategy",
    "TemplateInstruction",
    "WrittenInstruction",
    "parse_emova",
    "parse_thoughts",
    "serialise_thoughts",
    "style_text",
    "thinker",
    "thoughts_from_json",
    "thoughts_to_json",
]
