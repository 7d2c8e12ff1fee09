"""From a key to the scope of what it may read: the one way in which every reading gets its scope.

Knows stores, no SQL and no HTTP. Who was erased is asked for each reading and never remembered; a
store that does not answer refuses the reading, for an answer without it might show too much.
"""

from collections.abc import Sequence

from openbunker.core.errors import ErasureStoreUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.erasure import model
from openbunker.erasure.hashing import CUSTOMER, hash_of
from openbunker.erasure.model import Erasure
from openbunker.keys.model import Key
from openbunker.query.question.filters import Filter
from openbunker.query.question.question import parse_filters
from openbunker.query.scope import Scope
from openbunker.query.services import QueryServices


def scope_of(key: Key, services: QueryServices) -> Scope:
    """Return whose rows a key may see. Raises RequestRefused when nobody can say who is hidden."""
    erasures = _erasures(key.project_id, services)
    bound = key.customer_identifier
    if bound is not None:  # other customers' rows are out of its sight anyway
        hers = hash_of(key.project_id, bound)
        erasures = [one for one in erasures if one.column != CUSTOMER or one.customer_hash == hers]
    hidden, forgotten = model.hidden(erasures), model.forgotten(erasures)
    filters = _filters(key, services)
    return Scope(key.project_id, bound, hidden, forgotten, filters, key.key_id)


def _filters(key: Key, services: QueryServices) -> tuple[Filter, ...]:
    """Return the filters of a key. One that is not understood must not be passed over."""
    try:
        return parse_filters(list(key.key_filter_data))
    except RequestRefused as refused:
        services.log({"level": "ERROR", "error": f"{key.key_id}: {refused.message}"})
        text = "The filters of this key cannot be read."
        raise RequestRefused(Reason.QUERY_UNAVAILABLE, text) from refused


def _erasures(project_id: str, services: QueryServices) -> Sequence[Erasure]:
    if services.erasures is None:
        return ()
    try:
        return services.erasures.of_project(project_id)
    except ErasureStoreUnavailable as error:
        services.log({"level": "ERROR", "error": str(error)})
        text = "Nobody can say at the moment which customers are erased."
        raise RequestRefused(Reason.QUERY_UNAVAILABLE, text) from error
