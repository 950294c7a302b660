"""The kinds of streams that the streams are declared with."""
