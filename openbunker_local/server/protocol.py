"""HTTP as uvicorn parses it, with JSON for what it cannot parse.

Only the answer to bytes that are no request: everything else is uvicorn's, the application's or
the gateway's.
"""

import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.web.guard import plain_refusal

_REFUSED = RequestRefused(
    Reason.MALFORMED_HTTP, "This is not an HTTP/1.1 request; the connection is closed."
)


class JsonErrors(HttpToolsProtocol):
    """The protocol of one connection. What is no HTTP gets our refusal, then the end."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's text is not ours
        """Answer and close. Called by uvicorn when its parser gives up."""
        reply = plain_refusal(_REFUSED)
        body = json.dumps(reply.body).encode()
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",
            **reply.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(f"HTTP/1.1 {reply.status} Bad Request\r\n{lines}\r\n".encode() + body)
        self.transport.close()
