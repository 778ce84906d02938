"""Full-text search: how words are compared, and the words of each revision and title."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

import forum.models.search

# English stems without a list of stop words, so that every word can be found. Letters of scripts
# that are written without spaces are words of their own; searched as a phrase they find any part.
# Without its brackets `<b>` is a word; PostgreSQL would leave it out as a tag.
# Schemas are named because a restore runs without a search path.
FUNCTIONS = """
CREATE TEXT SEARCH DICTIONARY forum_stem (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION forum_search (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION forum_search
  ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
  WITH unaccent, forum_stem;

CREATE FUNCTION forum_search_text(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT regexp_replace(
    translate(words, '<>', '  '),
    '([\u0e01-\u0e5b\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff])',
    ' \\1 ', 'g')
$$;

CREATE FUNCTION forum_search_phrase(words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT phraseto_tsquery('public.forum_search', public.forum_search_text(words))
$$;

CREATE FUNCTION forum_search_title(title text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT to_tsvector('public.forum_search', public.forum_search_text(title))
$$;

-- The words of a text without its quoted stretches, which are others' words: what was hidden
-- elsewhere must not be found here.
CREATE FUNCTION forum_search_words(plain text, quoted jsonb) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
  stretch jsonb;
BEGIN
  FOR stretch IN SELECT * FROM jsonb_array_elements(quoted) LOOP
    plain := overlay(plain PLACING repeat(' ', (stretch->>1)::int - (stretch->>0)::int)
      FROM (stretch->>0)::int + 1 FOR (stretch->>1)::int - (stretch->>0)::int);
  END LOOP;
  RETURN to_tsvector('public.forum_search', public.forum_search_text(plain));
END $$;
"""

UNDO = """
DROP FUNCTION forum_search_words, forum_search_title, forum_search_phrase, forum_search_text;
DROP TEXT SEARCH CONFIGURATION forum_search;
DROP TEXT SEARCH DICTIONARY forum_stem;
"""


class Migration(migrations.Migration):
    dependencies = [("forum", "0002_guards")]

    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        migrations.RunSQL(FUNCTIONS, UNDO),
        migrations.AddField(
            model_name='revision',
            name='words',
            field=models.GeneratedField(db_persist=True, expression=forum.models.search.SearchWords('plain', 'quoted'), output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddIndex(
            model_name='revision',
            index=django.contrib.postgres.indexes.GinIndex(fields=['words'], name='revision_words'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=django.contrib.postgres.indexes.GinIndex(forum.models.search.TitleWords('title'), name='thread_title_words'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('title', 'gin_trgm_ops'), name='thread_title_trigrams'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('username', 'gin_trgm_ops'), name='user_name_trigrams'),
        ),
    ]
