"""What stays of a person who was erased, and the columns that a person may be named in. Pure."""

from hashlib import sha256

CUSTOMER = "customer_identifier"
# The columns that say who a row is about. Which one a dialect fills: docs/erasure.md.
PERSON_COLUMNS = (CUSTOMER, "user_id", "anonymous_id", "session_id")


def hash_of(project_id: str, identifier: str, column: str = CUSTOMER) -> str:
    """Return what stays of an erased person: SHA-256 bound to the project, 64 hex digits.

    Before them stands the column, when it is not that of customers: nobody is taken for another.
    """
    digits = sha256(f"{project_id}:{identifier}".encode()).hexdigest()
    return digits if column == CUSTOMER else f"{column}:{digits}"


def column_of(customer_hash: str) -> str:
    """Return the column that a hash speaks of."""
    return customer_hash.rpartition(":")[0] or CUSTOMER


def digits_of(customer_hash: str) -> str:
    """Return the 64 hex digits of a hash: what is compared with the value of its column."""
    return customer_hash.rpartition(":")[2]
