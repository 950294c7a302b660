"""How a report becomes records: `queue` gets it, `document` keeps it, `parser` reads it."""
