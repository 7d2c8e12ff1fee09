"""`make openapi`, or `python -m scripts.openapi`: prints the document."""

from scripts.openapi.document import text

if __name__ == "__main__":
    print(text(), end="")  # noqa: T201
