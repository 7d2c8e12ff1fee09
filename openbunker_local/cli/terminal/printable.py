"""What others wrote, as a terminal may show it. Pure.

Names come from whoever holds a master key, refused bodies from anyone's page. Printed as they are,
their control characters could move the cursor, recolour or rewrite what an operator reads.
"""


def printable(text: str) -> str:
    """Return a text with control and other invisible characters as escapes; line ends stay."""
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
