"""What a request is answered that is about no event: another path, another method, a question of
a vendor's client. Imported for that alone, so that no event pays for it.
"""

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.ingest.services import Services
from openbunker.web import nearest
from openbunker.web.guard import plain_refusal
from openbunker.web.http import Reply, Request
from openbunker.web.log_lines import request_line
from openbunker.wire import registry
from openbunker.wire.dialect import Dialect


def nowhere(request: Request) -> RequestRefused:
    """Return the refusal of a path that is no dialect's; it names the nearest one."""
    return RequestRefused(Reason.NOT_FOUND, nearest.not_there(request.path, registry.paths()))


def wrong_method(request: Request) -> Reply:
    """Answer 405 with the methods that the path takes."""
    allowed = registry.methods_at(request.path)
    text = nearest.other_method(request.method, request.path, allowed)
    refused = RequestRefused(Reason.METHOD_NOT_ALLOWED, text)
    return plain_refusal(refused).with_headers({"allow": allowed})


def told(dialect: Dialect, reply: Reply, services: Services) -> Reply:
    """Return a dialect's answer to a question, with its line in the log."""
    services.log(request_line(dialect.name, reply, None, 0))
    return reply
