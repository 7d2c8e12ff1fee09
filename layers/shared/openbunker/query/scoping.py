"""From a key to the scope of what it may read: the one way in which every reading gets its scope.

Knows stores, no SQL and no HTTP. Who was erased is asked for each reading and never remembered; a
store that does not answer refuses the reading, for an answer without it might show too much.
"""

from openbunker.erasure import model
from openbunker.errors import ErasureStoreUnavailable, RequestRefused
from openbunker.keys.model import Key
from openbunker.query.scope import Hidden, Scope
from openbunker.reasons import Reason
from openbunker.services import QueryServices


def scope_of(key: Key, services: QueryServices) -> Scope:
    """Return whose rows a key may see. Raises RequestRefused when nobody can say who is hidden."""
    hidden = _hidden(key.project_id, services)
    bound = key.customer_identifier
    if bound is not None:  # others' rows are out of its sight anyway
        hidden = tuple(one for one in hidden if one.customer_identifier == bound)
    return Scope(key.project_id, bound, hidden)


def _hidden(project_id: str, services: QueryServices) -> tuple[Hidden, ...]:
    if services.erasures is None:
        return ()
    try:
        return model.hidden(services.erasures.of_project(project_id))
    except ErasureStoreUnavailable as error:
        services.log({"level": "ERROR", "error": str(error)})
        text = "Nobody can say at the moment which customers are erased."
        raise RequestRefused(Reason.QUERY_UNAVAILABLE, text) from error
