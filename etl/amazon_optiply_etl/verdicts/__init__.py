"""What becomes of a record, and what a reader should know of those that went out."""
