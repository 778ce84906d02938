"""The scene of the house tests."""

from tests.architecture.conftest import scene

__all__ = ["scene"]
