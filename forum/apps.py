"""The project's only Django app."""

from django.apps import AppConfig


class ForumConfig(AppConfig):
    name = "forum"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Forum"

    def ready(self) -> None:
        """Fill the registries of moderation: models ask them from the first request on."""
        from forum.moderation.registry import discover  # noqa: PLC0415 - needs the models

        discover()
