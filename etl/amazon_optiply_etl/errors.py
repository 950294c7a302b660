"""The one error that reaches a user: a sentence that says what is wrong and where."""

from __future__ import annotations


class EtlError(Exception):
    """A configuration or input that cannot be used; its text is one clear sentence."""
