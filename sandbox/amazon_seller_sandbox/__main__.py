"""Run the sandbox with ``python -m amazon_seller_sandbox``."""

from __future__ import annotations

from amazon_seller_sandbox.cli import main

if __name__ == "__main__":
    main()
