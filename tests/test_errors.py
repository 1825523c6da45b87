import inspect

import pytest

import speechkit
from speechkit import errors

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_is_ours_and_refines_a_built_in(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.SpeechkitError)
    built_in = [
        base
        for base in kind.__mro__
        if base.__module__ == "builtins" and base not in (Exception, BaseException, object)
    ]
    assert built_in or kind is errors.SpeechkitError
    assert inspect.getdoc(kind)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_is_public(kind: type[Exception]) -> None:
    assert getattr(speechkit, kind.__name__) is kind
