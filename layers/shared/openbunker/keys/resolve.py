"""From a key's text to the key: the one look-up that ingestion, questions and the check share.

Knows no header and no vendor: where the text came from is the caller's, as is the answer.
"""

from openbunker.core.errors import KeyStoreUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.keys.model import Key, KeyKind, KeyStore, hash_of
from openbunker.keys.projects import ProjectState
from openbunker.keys.shape import damage_of, well_formed


def resolve(text: str | None, keys: KeyStore, now_ms: int, kind: KeyKind | None = None) -> Key:
    """Return the key of a text, of the kind if one is asked for.

    Raises RequestRefused for a missing, unknown or wrong key, and when nobody can say. The keys
    of a deleted project are unknown, and so is one that has expired (`now_ms` is since the epoch).
    Of one that is cut off or mistyped no store is asked.
    """
    if not text:
        raise RequestRefused(Reason.MISSING_KEY, "The key is missing.")
    key_hash = hash_of(text)  # also of a text that is none: both take the same work
    try:
        key = keys.find(key_hash) if well_formed(text) else None
    except KeyStoreUnavailable as error:
        raise _nobody_can_say(error) from error
    if key is None and (damage := damage_of(text)):
        raise RequestRefused(Reason.MALFORMED_KEY, damage)
    if key is None or key.expired(now_ms) or standing(key, keys).deleted:
        raise RequestRefused(Reason.UNKNOWN_KEY, "The key is not known.")
    if kind and key.kind is not kind:
        raise RequestRefused(Reason.WRONG_KEY_KIND, f"The key is not a {kind} key.")
    return key


def standing(key: Key, keys: KeyStore) -> ProjectState:
    """Return the state of a key's project. Raises RequestRefused when nobody can say."""
    if not key.project_id:
        return ProjectState()
    try:
        return keys.project(key.project_id)
    except KeyStoreUnavailable as error:
        raise _nobody_can_say(error) from error


def _nobody_can_say(error: KeyStoreUnavailable) -> RequestRefused:
    problem = "Keys cannot be checked at the moment."
    return RequestRefused(Reason.KEY_STORE_UNAVAILABLE, problem, cause=str(error))
