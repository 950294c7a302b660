"""The command `amazon-asin-match`, also as `python -m amazon_asin_match`."""

from __future__ import annotations

import sys

from amazon_programs import missing_extra


def main() -> None:
    """Run the command line, or say which extra it needs."""
    try:
        from amazon_asin_match.command.cli import main as command  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sys.exit(missing_extra("amazon-asin-match", error, "matching"))
    command()


if __name__ == "__main__":
    main()
