"""Amazon Seller's rules: products and sell orders of the full and the secondary flavour."""
