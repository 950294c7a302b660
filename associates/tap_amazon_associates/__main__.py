"""The commands `tap-amazon-associates` and `amazon-associates`."""

from __future__ import annotations

import sys

from amazon_programs import missing_extra

_EXTRA = "associates"


def main() -> None:
    """Run the Singer tap, or say which extra it needs."""
    try:
        from tap_amazon_associates.singer.tap import TapAmazonAssociates  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sys.exit(missing_extra("tap-amazon-associates", error, _EXTRA))
    TapAmazonAssociates.cli()


def command() -> None:
    """Run the small command, or say which extra it needs."""
    from tap_amazon_associates.command import main as run  # noqa: PLC0415

    try:
        run()
    except ModuleNotFoundError as error:
        sys.exit(missing_extra("amazon-associates", error, _EXTRA))


if __name__ == "__main__":
    main()
