"""The commands `tap-amazon-associates` and `amazon-associates`."""

from __future__ import annotations

from amazon_programs import extra_needed, loading


def main() -> None:
    """Run the Singer tap, or say which extra it needs."""
    with loading(), extra_needed("tap-amazon-associates", "associates"):
        from tap_amazon_associates.singer.tap import TapAmazonAssociates  # noqa: PLC0415
    TapAmazonAssociates.cli()


def command() -> None:
    """Run the small command, or say which extra it needs."""
    from tap_amazon_associates.command import main as run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
