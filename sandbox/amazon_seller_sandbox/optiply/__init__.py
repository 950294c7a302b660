"""The sandbox's stand-in for Optiply: its API, and target-optiply with the host around it."""
