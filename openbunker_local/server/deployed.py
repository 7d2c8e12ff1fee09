"""Where what is deployed lies: the template, the handlers beside it, the OpenAPI document.

A wheel carries copies of them within this package; in a checkout they are the files themselves.
Nobody else says where they are. Nothing is read here.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_CHECKOUT = _PACKAGE.parent
_INSTALLED = _PACKAGE / "deployed"  # pyproject.toml puts it into the wheel

TEMPLATE = (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / "template.yaml"
OPENAPI = (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT / "docs") / "openapi.json"
