"""The operations of SP-API."""
