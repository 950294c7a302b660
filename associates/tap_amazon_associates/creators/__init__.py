"""The Creators API: tokens, pace and quota, calls whose answers are read raw, and what refusals mean."""
