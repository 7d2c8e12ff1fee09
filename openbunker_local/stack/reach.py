"""What goes wrong on the way to a deployed stack, as one error. Imports nothing of AWS's."""

from openbunker.core.errors import OpenbunkerError


class StackUnavailable(OpenbunkerError):
    """The stack cannot be asked: no region, no credentials, no such stack, or AWS refuses."""
