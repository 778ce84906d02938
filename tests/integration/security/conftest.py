"""The `scene` fixture of the architecture tests."""

from tests.architecture.conftest import scene

__all__ = ["scene"]
