"""Work on whole columns: amounts, matching, JSON text."""
