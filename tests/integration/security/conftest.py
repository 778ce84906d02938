"""The scene of the house tests."""

from tests.house.conftest import scene

__all__ = ["scene"]
