"""Add subscriptions, the queue of posts whose followers are notified, and the member's choices."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A branch that moves to another thread takes its subscriptions along.
BRANCH_IN_THREAD = """
ALTER TABLE forum_subscription ADD CONSTRAINT subscription_moves_with_branch
  FOREIGN KEY (thread_id, branch_id) REFERENCES forum_post (thread_id, id)
  ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""

# The tags under which a thread is found: its own, those that they lead to, and all their synonyms.
TAGS = """
CREATE FUNCTION forum_tags_of(thread bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(same.id)
    FROM forum_threadtag AS tagged
         JOIN forum_tag AS chosen ON chosen.id = tagged.tag_id
         JOIN forum_tag AS same
           ON same.id = coalesce(chosen.synonym_of_id, chosen.id)
              OR same.synonym_of_id = coalesce(chosen.synonym_of_id, chosen.id)
   WHERE tagged.thread_id = thread
$$;
"""

# The labels (`lft`) of the posts of a thread that a member muted: the rule of
# `SubscriptionQuerySet.around` for all posts of a thread at once. Outer branches come first, so that
# each one decides about what is in it.
MUTED = """
CREATE FUNCTION forum_muted(reader bigint, in_thread bigint) RETURNS int8multirange
LANGUAGE plpgsql STABLE AS $$
DECLARE
  muted int8multirange;
  head record;
BEGIN
  SELECT int8multirange(int8range(NULL, NULL)) INTO muted FROM (
    SELECT state FROM (
      SELECT own.state, 1 AS distance FROM forum_subscription AS own
       WHERE own.member_id = reader AND own.tag_id = ANY (forum_tags_of(in_thread))
      UNION ALL
      SELECT own.state, 2
        FROM forum_thread AS thread
             JOIN forum_subscription AS own
               ON own.board_id = thread.board_id AND own.member_id = reader
       WHERE thread.id = in_thread
    ) AS of_thread ORDER BY distance, state DESC LIMIT 1
  ) AS nearest WHERE state = 'mute';
  muted := coalesce(muted, '{}');
  IF isempty(muted) AND NOT EXISTS (
    SELECT FROM forum_subscription
     WHERE member_id = reader AND thread_id = in_thread AND state = 'mute'
  ) THEN
    RETURN muted;
  END IF;
  FOR head IN
    SELECT own.state, post.lft, post.rght
      FROM forum_subscription AS own JOIN forum_post AS post ON post.id = own.branch_id
     WHERE own.member_id = reader AND own.thread_id = in_thread ORDER BY post.lft
  LOOP
    IF head.state = 'mute' THEN
      muted := muted + int8multirange(int8range(head.lft, head.rght));
    ELSE
      muted := muted - int8multirange(int8range(head.lft, head.rght));
    END IF;
  END LOOP;
  RETURN muted;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('forum', '0019_draft_tags'),
    ]

    operations = [
        migrations.CreateModel(
            name='FanOut',
            fields=[
                ('post', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='forum.post')),
                ('done_up_to', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='follow_own_posts',
            field=models.CharField(choices=[('always', 'Always'), ('ask', 'Ask me each time'), ('never', 'Never')], default='always', max_length=6, verbose_name='follow the branches of your own posts'),
        ),
        migrations.AddField(
            model_name='user',
            name='mentions_pass_mute',
            field=models.BooleanField(default=False, verbose_name='notify me of mentions in what I muted'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='cause',
            field=models.CharField(choices=[('reply', 'replied to you'), ('mention', 'mentioned you'), ('quote', 'quoted you'), ('follow', 'posted in what you follow'), ('reminder', 'bookmarked by you')], max_length=10),
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('follow', 'following'), ('mute', 'muted')], max_length=6)),
                ('each_post_by_mail', models.BooleanField(default=False)),
                ('board', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='forum.board')),
                ('branch', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='forum.post')),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to=settings.AUTH_USER_MODEL)),
                ('tag', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='forum.tag')),
                ('thread', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='forum.thread')),
            ],
            options={
                'indexes': [models.Index(fields=['member', 'thread'], name='subscription_in_thread'), models.Index(fields=['thread', 'branch'], name='subscription_of_thread'), models.Index(condition=models.Q(('state', 'mute')), fields=['member', 'thread'], name='subscription_muted')],
                'constraints': [models.UniqueConstraint(fields=('member', 'board', 'tag', 'branch'), name='subscription_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('board__isnull', False), ('branch', None), ('tag', None)), models.Q(('board', None), ('branch', None), ('tag__isnull', False)), models.Q(('board', None), ('branch__isnull', False), ('tag', None)), _connector='OR'), name='subscription_has_one_target'), models.CheckConstraint(condition=models.Q(models.Q(('branch', None), ('thread', None)), models.Q(('branch__isnull', False), ('thread__isnull', False)), _connector='OR'), name='subscription_branch_in_thread'), models.CheckConstraint(condition=models.Q(('state', 'follow'), models.Q(('each_post_by_mail', False), ('state', 'mute')), _connector='OR'), name='subscription_mails_what_is_followed')],
            },
        ),
        migrations.RunSQL(
            BRANCH_IN_THREAD,
            "ALTER TABLE forum_subscription DROP CONSTRAINT subscription_moves_with_branch;",
        ),
        migrations.RunSQL(TAGS, "DROP FUNCTION forum_tags_of(bigint);"),
        migrations.RunSQL(MUTED, "DROP FUNCTION forum_muted(bigint, bigint);"),
    ]
