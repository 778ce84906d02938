"""Where in each revision the words of others stand, so that nobody is quoted with them."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from forum.markup.render import render


def find_quoted_words(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    revisions = apps.get_model("forum", "Revision").objects.filter(source__contains=">")
    for revision in revisions.iterator():
        revision.quoted = render(revision.source).quoted
        revision.save(update_fields=["quoted"])


class Migration(migrations.Migration):
    dependencies = [("forum", "0008_moderation_of_branches")]

    operations = [
        migrations.AddField(
            "revision", "quoted", models.JSONField(default=list, editable=False)
        ),
        migrations.RunPython(find_quoted_words, migrations.RunPython.noop),
    ]
