"""`openbunker`, and `python -m openbunker_local`: the command line."""

import sys


def main() -> None:
    """Run what was typed; a Ctrl-C ends it without a traceback, from the first moment on."""
    try:
        from openbunker_local.cli.app import app  # noqa: PLC0415  # a Ctrl-C may meet its loading

        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
