"""The command `amazon-optiply-etl`, also as `python -m amazon_optiply_etl`."""

from __future__ import annotations

import gc

from amazon_programs import extra_needed


def main() -> None:
    """Run the command line, or say which extra it needs."""
    # What is imported stays to the end: looking for garbage in it takes an eighth of a short run.
    gc.disable()
    with extra_needed("amazon-optiply-etl", "etl"):
        from amazon_optiply_etl.command.cli import main as command  # noqa: PLC0415
    gc.freeze()
    gc.enable()
    command()


if __name__ == "__main__":
    main()
