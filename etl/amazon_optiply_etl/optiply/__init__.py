"""The Optiply API: who may use it, what it holds, and how a record gets there."""
