"""A trigger that makes it impossible to add effects to older entries of the moderation log."""

from django.db import migrations

# The entry has to be one of this transaction, or of a savepoint in it. `xmin` lacks the epoch, which
# is that of this transaction or, around a wraparound, the one before or after.
EFFECTS = """
CREATE FUNCTION forum_effects_with_their_action() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  now bigint := pg_current_xact_id()::text::bigint;
  written bigint;
BEGIN
  SELECT xmin::text::bigint INTO written FROM forum_moderationaction WHERE id = NEW.action_id;
  written := written + (now >> 32 << 32);
  written := written + CASE
    WHEN written > now + 2147483648 THEN -4294967296
    WHEN written < now - 2147483648 THEN 4294967296
    ELSE 0 END;
  IF pg_xact_status(written::text::xid8) IS DISTINCT FROM 'in progress' THEN
    RAISE EXCEPTION 'the moderation log is append-only' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER moderationeffect_with_its_action BEFORE INSERT ON forum_moderationeffect
  FOR EACH ROW EXECUTE FUNCTION forum_effects_with_their_action();
"""

UNDO = """
DROP TRIGGER moderationeffect_with_its_action ON forum_moderationeffect;
DROP FUNCTION forum_effects_with_their_action();
"""


class Migration(migrations.Migration):
    dependencies = [("forum", "0006_moderation_work")]

    operations = [migrations.RunSQL(EFFECTS, UNDO)]
