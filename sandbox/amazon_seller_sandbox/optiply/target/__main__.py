"""The command `sandbox-target-optiply`, also as `python -m amazon_seller_sandbox.optiply.target`."""

from amazon_seller_sandbox.optiply.target.cli import main

if __name__ == "__main__":
    main()
