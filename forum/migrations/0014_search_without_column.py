"""The words of revisions are indexed, but no longer stored: they took twice the space of texts."""

import django.contrib.postgres.indexes
from django.db import migrations

import forum.models.search

# What parsing a post costs, against comparing two numbers (0.0025), and not shared among workers:
# the planner should use the index rather than parse many texts.
COST = "ALTER FUNCTION forum_search_words(text, jsonb) COST 5000 PARALLEL RESTRICTED"
UNDO = "ALTER FUNCTION forum_search_words(text, jsonb) COST 100 PARALLEL SAFE"


class Migration(migrations.Migration):
    dependencies = [("forum", "0013_thread_lists")]

    operations = [
        migrations.RemoveIndex(model_name="revision", name="revision_words"),
        migrations.RemoveField(model_name="revision", name="words"),
        migrations.RunSQL(COST, UNDO),
        migrations.AddIndex(
            model_name="revision",
            index=django.contrib.postgres.indexes.GinIndex(
                forum.models.search.SearchWords("plain", "quoted"), name="revision_words"
            ),
        ),
    ]
