"""What the project's programs share where they meet a user; it knows none of them, and no library."""

from amazon_programs.installation import Installation, missing_extra

__all__ = ["Installation", "missing_extra"]
