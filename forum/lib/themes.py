"""The looks that a reader can choose; without a choice it is what the device says."""

THEMES = ("light", "dark")
