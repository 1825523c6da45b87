"""Which backends there are to run a contract against: fakes always, real ones where they are installed.

Recognisers that need weights are looked for in the folder that the environment variable SPEECHKIT_JUDGES names
(whisper-base/ for faster-whisper, whisper-small/ for onnxruntime, whisper-transformers/, moonshine/, paraformer/).
"""

import importlib.util
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

JUDGES = os.environ.get("SPEECHKIT_JUDGES", "")


def backend(name: str, make: Callable[[], Any], *, needs: Iterable[str] = (), folder: str = "") -> Any:
    """A parameter that is skipped with the reason where a package or a model is missing."""
    missing = [package for package in needs if importlib.util.find_spec(package) is None]
    reason = f"not installed: {', '.join(missing)}" if missing else ""
    if folder and not (JUDGES and (Path(JUDGES) / folder).is_dir()):
        reason = reason or f"no {folder}/ in $SPEECHKIT_JUDGES"
    return pytest.param(make, id=name, marks=pytest.mark.skipif(bool(reason), reason=reason))


def model(folder: str) -> str:
    """Path of a model folder of the judges."""
    return str(Path(JUDGES) / folder)
