"""What the project's programs share where they meet a user; it knows none of them, and no library."""

from amazon_programs.installation import Installation, missing_extra
from amazon_programs.threads import hand_over_soon

__all__ = ["Installation", "hand_over_soon", "missing_extra"]
