"""The target itself, in an environment with the hotglue Singer SDK; nothing here may need another."""
