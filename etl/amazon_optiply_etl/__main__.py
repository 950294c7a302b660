"""The command `amazon-optiply-etl`, also as `python -m amazon_optiply_etl`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line, or say which extra it needs."""
    # What is imported stays to the end: looking for garbage in it takes an eighth of a short run.
    gc.disable()
    try:
        from amazon_optiply_etl.command.cli import main as command  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sys.exit(
            f"amazon-optiply-etl needs {error.name}, which is not installed; "
            "install it with: pip install 'tap-amazon-seller[etl]'"
        )
    gc.freeze()
    gc.enable()
    command()


if __name__ == "__main__":
    main()
