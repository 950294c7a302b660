"""From Amazon records to Optiply payloads."""
