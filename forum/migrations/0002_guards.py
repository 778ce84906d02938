"""Triggers and functions that make a broken tree or an edited moderation log impossible."""

from django.db import migrations

LOCK = """
-- Locks threads in the order of their ids and leaves a token of it for the rest of the transaction.
-- Returns how many of them there are. Waits at most 5 seconds for each.
CREATE FUNCTION forum_lock_threads(ids bigint[]) RETURNS integer
LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
DECLARE locked bigint[];
BEGIN
  SELECT array_agg(id) INTO locked FROM (
    SELECT id FROM forum_thread WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE
  ) AS rows;
  PERFORM set_config('forum.locked',
    coalesce(current_setting('forum.locked', true), '')
      || ',' || coalesce(array_to_string(locked, ','), '') || ',', true);
  RETURN coalesce(cardinality(locked), 0);
END $$;
"""

# `UPDATE OF` lists the columns of the tree; text and counters need no lock.
GUARD = """
CREATE FUNCTION forum_tree_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  token text := coalesce(current_setting('forum.locked', true), '');
BEGIN
  IF (TG_OP <> 'DELETE' AND strpos(token, ',' || NEW.thread_id || ',') = 0)
     OR (TG_OP <> 'INSERT' AND strpos(token, ',' || OLD.thread_id || ',') = 0) THEN
    RAISE EXCEPTION 'tree write without the lock of thread %',
      coalesce(OLD.thread_id, NEW.thread_id) USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER post_needs_lock BEFORE INSERT OR DELETE
  OR UPDATE OF thread_id, parent_id, tree_id, lft, rght, level ON forum_post
  FOR EACH ROW EXECUTE FUNCTION forum_tree_guard();
"""

SAME_THREAD = """
ALTER TABLE forum_post ADD CONSTRAINT post_thread_id_key UNIQUE (thread_id, id);
ALTER TABLE forum_post ADD CONSTRAINT post_parent_in_thread
  FOREIGN KEY (thread_id, parent_id) REFERENCES forum_post (thread_id, id)
  DEFERRABLE INITIALLY DEFERRED;
"""

# Checked when the transaction commits, for each post whose position was written.
NESTED = """
CREATE FUNCTION forum_tree_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  post forum_post;
  parent forum_post;
  edge bigint;
BEGIN
  SELECT * INTO post FROM forum_post WHERE id = NEW.id;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF post.parent_id IS NOT NULL THEN
    SELECT * INTO parent FROM forum_post WHERE id = post.parent_id;
    IF parent.tree_id <> post.tree_id OR parent.level + 1 <> post.level
       OR post.lft <= parent.lft OR post.rght >= parent.rght THEN
      RAISE EXCEPTION 'post % is not inside its parent', post.id USING ERRCODE = 'check_violation';
    END IF;
    SELECT rght INTO edge FROM forum_post
     WHERE parent_id = post.parent_id AND lft < post.lft ORDER BY lft DESC LIMIT 1;
    IF edge >= post.lft THEN
      RAISE EXCEPTION 'post % overlaps a sibling', post.id USING ERRCODE = 'check_violation';
    END IF;
    SELECT lft INTO edge FROM forum_post
     WHERE parent_id = post.parent_id AND lft > post.lft ORDER BY lft LIMIT 1;
    IF edge <= post.rght THEN
      RAISE EXCEPTION 'post % overlaps a sibling', post.id USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  SELECT lft INTO edge FROM forum_post WHERE parent_id = post.id ORDER BY lft LIMIT 1;
  IF edge <= post.lft THEN
    RAISE EXCEPTION 'a reply lies outside post %', post.id USING ERRCODE = 'check_violation';
  END IF;
  SELECT rght INTO edge FROM forum_post WHERE parent_id = post.id ORDER BY lft DESC LIMIT 1;
  IF edge >= post.rght THEN
    RAISE EXCEPTION 'a reply lies outside post %', post.id USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.level <> NEW.level AND EXISTS (
    SELECT 1 FROM forum_post WHERE parent_id = post.id AND level <> post.level + 1
  ) THEN
    RAISE EXCEPTION 'post % left its replies behind', post.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER post_is_nested AFTER INSERT
  OR UPDATE OF parent_id, tree_id, lft, rght, level ON forum_post
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION forum_tree_check();
"""

# The moderation log is append-only. The one change it allows: titles in older records of something
# that a later record says was erased are replaced by their hash.
AUDIT_LOG = """
CREATE FUNCTION forum_without_words(state jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(state->'title') = 'string' AND NOT state ? 'erased'
    THEN jsonb_set(state, '{title}', jsonb_build_object(
      'sha256', encode(sha256(convert_to(state->>'title', 'UTF8')), 'hex')))
    ELSE state END
$$;

CREATE FUNCTION forum_forget(target_kind text, target bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE forum_moderationeffect
     SET before = forum_without_words(before), after = forum_without_words(after)
   WHERE kind = target_kind AND target_id = target
     AND (before ? 'title' OR after ? 'title') AND NOT after ? 'erased'
$$;

CREATE FUNCTION forum_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'forum_moderationeffect' THEN
    IF (NEW.id, NEW.action_id, NEW.kind, NEW.target_id)
       = (OLD.id, OLD.action_id, OLD.kind, OLD.target_id)
      AND NEW.before = forum_without_words(OLD.before)
      AND NEW.after = forum_without_words(OLD.after)
      AND EXISTS (
        SELECT 1 FROM forum_moderationeffect AS erasure
         WHERE erasure.kind = OLD.kind AND erasure.target_id = OLD.target_id
           AND erasure.after ? 'erased' AND erasure.action_id > OLD.action_id
      ) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the moderation log is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER moderationaction_append_only BEFORE UPDATE OR DELETE ON forum_moderationaction
  FOR EACH ROW EXECUTE FUNCTION forum_append_only();
CREATE TRIGGER moderationeffect_append_only BEFORE UPDATE OR DELETE ON forum_moderationeffect
  FOR EACH ROW EXECUTE FUNCTION forum_append_only();
"""

# Fixtures use ids below this (`forum.models.threads.FIRST_THREAD_ID`), also after a flush,
# which restarts the sequences.
RESERVED = "".join(
    f"ALTER TABLE forum_{table} ALTER COLUMN id SET START WITH 1000 RESTART;"
    for table in "thread post revision user board category mention quote".split()
)

UNDO = """
DROP TRIGGER moderationeffect_append_only ON forum_moderationeffect;
DROP TRIGGER moderationaction_append_only ON forum_moderationaction;
DROP FUNCTION forum_append_only();
DROP FUNCTION forum_forget(text, bigint);
DROP FUNCTION forum_without_words(jsonb);
DROP TRIGGER post_is_nested ON forum_post;
DROP FUNCTION forum_tree_check();
ALTER TABLE forum_post DROP CONSTRAINT post_parent_in_thread;
ALTER TABLE forum_post DROP CONSTRAINT post_thread_id_key;
DROP TRIGGER post_needs_lock ON forum_post;
DROP FUNCTION forum_tree_guard();
DROP FUNCTION forum_lock_threads(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("forum", "0001_initial")]

    operations = [
        migrations.RunSQL(LOCK + GUARD + SAME_THREAD + NESTED + AUDIT_LOG + RESERVED, UNDO)
    ]
