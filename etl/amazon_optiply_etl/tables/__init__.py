"""Work on complete columns: amounts, matching, JSON text."""
