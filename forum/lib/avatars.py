"""The colour of the monogram that stands for a person."""

from functools import lru_cache

COLOURS = 12  # static/css/forum.css has as many


@lru_cache(maxsize=4096)
def avatar_colour(name: str) -> str:
    """Return the colour class of a person's monogram, `hue-1` to `hue-12`."""
    return f"hue-{sum(name.lower().encode()) % COLOURS + 1}"
