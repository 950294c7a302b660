"""The command `amazon-seller-sandbox`, also as `python -m amazon_seller_sandbox`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say which extra it needs."""
    try:
        from amazon_seller_sandbox.cli import main as command  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sys.exit(
            f"amazon-seller-sandbox needs {error.name}, which is not installed; "
            "install it with: pip install 'tap-amazon-seller[sandbox]'"
        )
    command()


if __name__ == "__main__":
    main()
