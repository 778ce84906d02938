"""The counters by which cached pages for visitors are known to be current."""

from django.db import migrations, models

# Counts once in a transaction. It runs when the transaction commits, so the row is locked for a
# moment only. A time, so that a restored backup never counts up to a version that was in use.
COUNT = """
CREATE FUNCTION forum_count_change(is_elsewhere boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  counted text := coalesce(current_setting('forum.counted', true), '');
  now bigint := extract(epoch FROM clock_timestamp()) * 1000000;
BEGIN
  IF counted = 'elsewhere' OR (counted = 'latest' AND NOT is_elsewhere) THEN
    RETURN;
  END IF;
  INSERT INTO forum_contentversion AS version (id, latest, elsewhere) VALUES (1, now, now)
  ON CONFLICT (id) DO UPDATE SET
    latest = greatest(version.latest + 1, now),
    elsewhere = CASE WHEN is_elsewhere THEN greatest(version.elsewhere + 1, now)
                ELSE version.elsewhere END;
  PERFORM set_config('forum.counted',
                     CASE WHEN is_elsewhere THEN 'elsewhere' ELSE 'latest' END, true);
END $$;
"""

# A change of a post is a change of its thread's row, if this transaction has written that; and of
# the threads that it quotes or that quote it.
POSTS = """
CREATE FUNCTION forum_is_elsewhere(post bigint, thread bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (SELECT 1 FROM forum_thread
                      WHERE id = thread AND xmin = pg_current_xact_id()::xid)
      OR EXISTS (SELECT 1 FROM forum_quote AS quote
                   JOIN forum_post AS source ON source.id = quote.source_post_id
                  WHERE quote.post_id = post AND source.thread_id <> thread)
      OR EXISTS (SELECT 1 FROM forum_quote AS quote
                   JOIN forum_post AS quoting ON quoting.id = quote.post_id
                  WHERE quote.source_post_id = post AND quoting.thread_id <> thread)
$$;

CREATE FUNCTION forum_post_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('forum.counted', true), '') <> 'elsewhere' THEN
    PERFORM forum_count_change(
      TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.thread_id <> NEW.thread_id)
      OR forum_is_elsewhere(NEW.id, NEW.thread_id));
  END IF;
  RETURN NULL;
END $$;

-- Not the place in the tree, of which a reply may change many, nor what the thread counts anyway.
CREATE CONSTRAINT TRIGGER post_changed AFTER INSERT OR DELETE OR UPDATE OF
  locked_at, locked_until, locked_action_id, slow_minutes, slow_until, slow_action_id, thread_id,
  parent_id, author_id, number, latest_number, changed_number, created_at, source, html, excerpt,
  edited_at, deleted_at, hidden_at, hidden_action_id, edited_action_id, erased_action_id, level
  ON forum_post DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION forum_post_changed();

CREATE FUNCTION forum_quote_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE quote forum_quote := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  IF coalesce(current_setting('forum.counted', true), '') <> 'elsewhere' THEN
    PERFORM forum_count_change(
      NOT EXISTS (SELECT 1 FROM forum_post AS quoting
                    JOIN forum_post AS source ON source.thread_id = quoting.thread_id
                   WHERE quoting.id = quote.post_id AND source.id = quote.source_post_id
                     AND NOT forum_is_elsewhere(quoting.id, quoting.thread_id)));
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER quote_changed AFTER INSERT OR DELETE OR UPDATE
  ON forum_quote DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION forum_quote_changed();
"""

# Other threads show the title and the address of a thread, and whether it can be read at all.
THREADS = """
CREATE FUNCTION forum_thread_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM forum_count_change(TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND
    (OLD.title, OLD.slug, OLD.board_id, OLD.author_id, OLD.deleted_at, OLD.removed_at,
     OLD.merged_into_id, OLD.post_count = 0)
    IS DISTINCT FROM
    (NEW.title, NEW.slug, NEW.board_id, NEW.author_id, NEW.deleted_at, NEW.removed_at,
     NEW.merged_into_id, NEW.post_count = 0)));
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER thread_changed AFTER INSERT OR DELETE OR UPDATE
  ON forum_thread DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION forum_thread_changed();
"""

OTHERS = """
CREATE FUNCTION forum_content_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM forum_count_change(TG_ARGV[0] = 'elsewhere');
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER user_changed AFTER DELETE OR UPDATE OF
  username, is_active, date_joined, suspended_at, suspended_until, erased_at
  ON forum_user DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION forum_content_changed('elsewhere');
CREATE CONSTRAINT TRIGGER moderationaction_changed AFTER INSERT OR DELETE OR UPDATE
  ON forum_moderationaction DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION forum_content_changed('latest');
"""
OTHER_TABLES = {
    "category": "elsewhere",
    "board": "elsewhere",
    "sitetext": "elsewhere",
    "tag": "elsewhere",
    "threadtag": "elsewhere",
    "titlechange": "elsewhere",
    "role": "latest",
}
ERASED_TABLES = ("revision", "moderationeffect", "mention")  # written with a post, if not erased

TRIGGER = """
CREATE CONSTRAINT TRIGGER {table}_changed AFTER {events} ON forum_{table}
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION forum_content_changed('{counter}');
"""

FIRST = """
INSERT INTO forum_contentversion (id, latest, elsewhere)
SELECT 1, now, now FROM (
  SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS clock;
"""

CREATE = [
    COUNT,
    POSTS,
    THREADS,
    OTHERS,
    *(
        TRIGGER.format(table=table, events="INSERT OR DELETE OR UPDATE", counter=counter)
        for table, counter in OTHER_TABLES.items()
    ),
    *(
        TRIGGER.format(table=table, events="DELETE OR UPDATE", counter="elsewhere")
        for table in ERASED_TABLES
    ),
    FIRST,
]

TRIGGERS = ("post", "quote", "thread", "user", "moderationaction", *OTHER_TABLES, *ERASED_TABLES)
DROP = "".join(f"DROP TRIGGER {table}_changed ON forum_{table};" for table in TRIGGERS) + """
DROP FUNCTION forum_content_changed();
DROP FUNCTION forum_thread_changed();
DROP FUNCTION forum_quote_changed();
DROP FUNCTION forum_post_changed();
DROP FUNCTION forum_is_elsewhere(bigint, bigint);
DROP FUNCTION forum_count_change(boolean);
"""


class Migration(migrations.Migration):
    dependencies = [("forum", "0021_mail_of_what_is_followed")]

    operations = [
        migrations.CreateModel(
            name="ContentVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("latest", models.BigIntegerField()),
                ("elsewhere", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL("".join(CREATE), DROP),
    ]
