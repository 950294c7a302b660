"""The Singer tap: its command line, streams and schemas."""
