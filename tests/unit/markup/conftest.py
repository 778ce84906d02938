"""Property tests of the renderer: the machine may be busy, so no deadline for one example."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
