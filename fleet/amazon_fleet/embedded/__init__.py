"""A PostgreSQL of the fleet's own."""
