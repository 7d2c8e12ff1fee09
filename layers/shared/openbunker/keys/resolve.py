"""From a key's text to the key: the one look-up that ingestion, questions and the check share.

Knows no header and no vendor: where the text came from is the caller's, as is the answer.
"""

from openbunker.errors import KeyStoreUnavailable, RequestRefused
from openbunker.keys.model import Key, KeyKind, KeyStore, hash_of
from openbunker.reasons import Reason


def resolve(text: str | None, keys: KeyStore, kind: KeyKind | None = None) -> Key:
    """Return the key of a text, of the kind if one is asked for.

    Raises RequestRefused for a missing, unknown or wrong key, and when nobody can say.
    """
    if not text:
        raise RequestRefused(Reason.MISSING_KEY, "The key is missing.")
    try:
        key = keys.find(hash_of(text))
    except KeyStoreUnavailable as error:
        problem = "Keys cannot be checked at the moment."
        raise RequestRefused(Reason.KEY_STORE_UNAVAILABLE, problem) from error
    if key is None:
        raise RequestRefused(Reason.UNKNOWN_KEY, "The key is not known.")
    if kind and key.kind is not kind:
        raise RequestRefused(Reason.WRONG_KEY_KIND, f"The key is not a {kind} key.")
    return key
