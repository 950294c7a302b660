"""Amazon Vendor's rules: products, sell orders, and what Amazon buys and receives."""
