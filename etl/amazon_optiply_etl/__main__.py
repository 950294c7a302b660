"""The command `amazon-optiply-etl`, also as `python -m amazon_optiply_etl`."""

from __future__ import annotations

from amazon_optiply_etl.command import memory
from amazon_programs import extra_needed, loading


def main() -> None:
    """Run the command line, or say which extra it needs."""
    memory.give_back()
    with loading(), extra_needed("amazon-optiply-etl", "etl"):
        from amazon_optiply_etl.command.cli import main as command  # noqa: PLC0415
    command()


if __name__ == "__main__":
    main()
