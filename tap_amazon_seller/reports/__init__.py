"""How a report becomes records: `requests` plans, `fetch` gets, `text` keeps and `rows` reads it."""
