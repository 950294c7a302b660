"""The command `amazon-asin-match`, also as `python -m amazon_asin_match`."""

from __future__ import annotations

from amazon_programs import extra_needed, loading


def main() -> None:
    """Run the command line, or say which extra it needs."""
    with loading(), extra_needed("amazon-asin-match", "matching"):
        from amazon_asin_match.command.cli import main as command  # noqa: PLC0415
    command()


if __name__ == "__main__":
    main()
