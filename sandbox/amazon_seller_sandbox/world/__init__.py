"""What is true in the sandbox, whoever asks: accounts, listings, stock, orders, money."""
