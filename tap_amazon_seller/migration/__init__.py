"""From other connectors to this tap: their configuration and state become its own."""
