"""What the project's programs share where they meet a user; it knows none of them."""

from amazon_programs.allocators import (
    ARENA_MAX,
    MMAP_THRESHOLD,
    TRIM_THRESHOLD,
    set_up_allocators,
)
from amazon_programs.installation import Installation, extra_needed, missing_extra
from amazon_programs.loading import loading, start_no_idle_threads, without_command_lines
from amazon_programs.threads import hand_over_soon

__all__ = [
    "ARENA_MAX",
    "MMAP_THRESHOLD",
    "TRIM_THRESHOLD",
    "Installation",
    "extra_needed",
    "hand_over_soon",
    "loading",
    "missing_extra",
    "set_up_allocators",
    "start_no_idle_threads",
    "without_command_lines",
]
