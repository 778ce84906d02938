"""Write the words of a post into the index at once, without the list of pending entries."""

import django.contrib.postgres.indexes
from django.db import migrations

import forum.models.search

WORDS = forum.models.search.SearchWords("plain", "quoted")
AT_ONCE = """
ALTER INDEX revision_words SET (fastupdate = off);
SELECT gin_clean_pending_list('revision_words');
"""


class Migration(migrations.Migration):
    dependencies = [("forum", "0026_mail_own_posts")]

    operations = [
        # The index is changed in place: building it anew takes minutes in a large forum.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(AT_ONCE, "ALTER INDEX revision_words RESET (fastupdate)")
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="revision", name="revision_words"),
                migrations.AddIndex(
                    model_name="revision",
                    index=django.contrib.postgres.indexes.GinIndex(
                        WORDS, fastupdate=False, name="revision_words"
                    ),
                ),
            ],
        ),
    ]
