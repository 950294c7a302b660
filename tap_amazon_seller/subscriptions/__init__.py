"""The command `tap-amazon-seller notifications`: a queue, the right to send to it, subscriptions."""
