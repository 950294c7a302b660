"""The commands `tap-amazon-associates` and `amazon-associates`."""

from __future__ import annotations

import sys

_EXTRA = "install it with: pip install 'tap-amazon-seller[associates]'"


def main() -> None:
    """Run the Singer tap, or say which extra it needs."""
    try:
        from tap_amazon_associates.singer.tap import TapAmazonAssociates  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sys.exit(f"tap-amazon-associates needs {error.name}, which is not installed; {_EXTRA}")
    TapAmazonAssociates.cli()


def command() -> None:
    """Run the small command, or say which extra it needs."""
    from tap_amazon_associates.command import main as run  # noqa: PLC0415

    try:
        run()
    except ModuleNotFoundError as error:
        sys.exit(f"amazon-associates needs {error.name}, which is not installed; {_EXTRA}")


if __name__ == "__main__":
    main()
