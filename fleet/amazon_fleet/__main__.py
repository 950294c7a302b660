"""The command `amazon-fleet`, also as `python -m amazon_fleet`."""

from __future__ import annotations

from amazon_programs import extra_needed, loading


def main() -> None:
    """Run the command line, or say which extra it needs."""
    with loading(), extra_needed("amazon-fleet", "fleet"):
        from amazon_fleet.command.cli import main as command  # noqa: PLC0415
    command()


if __name__ == "__main__":
    main()
