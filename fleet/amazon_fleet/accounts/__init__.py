"""What a user gives: accounts.toml, with secrets by reference."""
