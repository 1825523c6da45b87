"""`speechkit demo`: placeholder."""


def demo() -> None:
    """Hear it."""
