"""The command `sandbox-target-optiply`, also as `python -m amazon_seller_sandbox.optiply.target`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say which extra it needs."""
    try:
        from amazon_seller_sandbox.optiply.target.cli import main as command  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sys.exit(
            f"sandbox-target-optiply needs {error.name}, which is not installed; "
            "install it with: pip install 'tap-amazon-seller[sandbox]'"
        )
    command()


if __name__ == "__main__":
    main()
