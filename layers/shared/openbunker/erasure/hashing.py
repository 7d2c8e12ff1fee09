"""What stays of a customer who was erased. Pure."""

from hashlib import sha256


def hash_of(project_id: str, customer_identifier: str) -> str:
    """Return what stays of an erased customer: SHA-256 bound to the project, 64 hex digits."""
    return sha256(f"{project_id}:{customer_identifier}".encode()).hexdigest()
