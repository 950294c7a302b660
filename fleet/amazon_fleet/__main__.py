"""The command `amazon-fleet`, also as `python -m amazon_fleet`."""

from __future__ import annotations

import sys

from amazon_programs import missing_extra


def main() -> None:
    """Run the command line, or say which extra it needs."""
    try:
        from amazon_fleet.command.cli import main as command  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sys.exit(missing_extra("amazon-fleet", error, "fleet"))
    command()


if __name__ == "__main__":
    main()
