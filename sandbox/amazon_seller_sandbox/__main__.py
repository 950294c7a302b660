"""The command `amazon-seller-sandbox`, also as `python -m amazon_seller_sandbox`."""

from amazon_seller_sandbox.cli import main

if __name__ == "__main__":
    main()
