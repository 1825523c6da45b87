"""Config: the frozen dataclass that every model and recipe describes itself with. JSON in, JSON out, nothing unknown."""

import dataclasses
import json
import typing
from pathlib import Path
from typing import Any, TypeVar

from speechkit.errors import ConfigError

C = TypeVar("C", bound="Config")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Base of all configs: keyword-only, frozen, only JSON types and nested configs inside.

    Subclasses are `@dataclass(frozen=True, kw_only=True)`, document each field by a string below it, and refuse
    contradictions in `__post_init__`. What can be derived is a property, never a field.
    """

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dict of all fields; tuples become lists, nested configs become dicts."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_dict(cls: type[C], data: dict[str, Any]) -> C:
        """Build from a dict, refusing unknown keys.

        Raises:
            ConfigError: an unknown key, a missing key, or a value the config refuses.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise ConfigError(f"{cls.__name__} has no field {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        hints = typing.get_type_hints(cls)
        try:
            return cls(**{name: _restore(hints[name], value) for name, value in data.items()})
        except TypeError as error:
            raise ConfigError(f"{cls.__name__}: {error}.") from error

    @classmethod
    def from_json(cls: type[C], path: str | Path) -> C:
        """Read a JSON file written from `to_dict()`."""
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError) as error:
            raise ConfigError(f"{path} is not a readable JSON config: {error}.") from error
        return cls.from_dict(data)


def _restore(hint: Any, value: Any) -> Any:
    """Turn JSON lists back into (nested) tuples and dicts back into nested configs."""
    if isinstance(value, dict):
        for option in (hint, *typing.get_args(hint)):
            if isinstance(option, type) and issubclass(option, Config):
                return option.from_dict(value)
    if typing.get_origin(hint) is tuple and isinstance(value, (list, tuple)):
        inner = typing.get_args(hint)[0] if typing.get_args(hint) else Any
        return tuple(_restore(inner, item) for item in value)
    return value
