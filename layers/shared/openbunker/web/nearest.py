"""What somebody meant who asked for a path that is not there. Imported for that alone."""

from collections.abc import Iterable
from difflib import get_close_matches

_MAX_PATH = 100  # of what is longer nobody can say what was meant, and comparing takes its time


def not_there(path: str, routes: Iterable[str]) -> str:
    """Return the text of a 404: the path, and the nearest one of those that are served."""
    told = f"There is no {path[:_MAX_PATH]} here."
    known = sorted(routes)
    near = get_close_matches(path.lower().rstrip("/"), known, 1) if len(path) <= _MAX_PATH else []
    return f"{told} Did you mean {near[0]}?" if near else told


def other_method(method: str, path: str, allowed: str) -> str:
    """Return the text of a 405: the methods that the path is served with."""
    return f"{method} is not served at {path}; it takes {allowed}."
