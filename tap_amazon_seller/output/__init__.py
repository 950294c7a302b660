"""Records on their way out: RECORD and BATCH messages."""
