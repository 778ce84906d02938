"""Add read marks, the front page's text, and an index for each tab of the lists."""

import django.db.models.deletion
import forum.models.accounts
import forum.models.read_state
from django.conf import settings
from django.db import migrations, models

# A default of new members; members of before start with nothing unread in threads never opened.
NEWEST_POST = """
CREATE FUNCTION forum_newest_post_id() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT coalesce(max(id), 0) FROM forum_post $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('forum', '0012_erasure_reminders'),
    ]

    operations = [
        migrations.RunSQL(NEWEST_POST, "DROP FUNCTION forum_newest_post_id();"),
        migrations.CreateModel(
            name='ReadMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('up_to', models.BigIntegerField()),
                ('posts', forum.models.read_state.NumberSetField()),
                ('marked_at', models.DateTimeField()),
                ('previous_up_to', models.BigIntegerField(null=True)),
                ('previous_posts', forum.models.read_state.NumberSetField(null=True)),
                ('previous_marked_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SiteText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('introduction', models.CharField(help_text='One line for the front page: what this place is, and for whom.', max_length=200, verbose_name='introduction')),
            ],
            options={
                'verbose_name': 'front page text',
                'verbose_name_plural': 'front page text',
            },
        ),
        migrations.RemoveIndex(
            model_name='thread',
            name='thread_listed',
        ),
        migrations.RemoveIndex(
            model_name='thread',
            name='thread_latest',
        ),
        migrations.AddField(
            model_name='readstate',
            name='caught_up',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='readstate',
            name='unmarked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='read_up_to',
            field=models.BigIntegerField(db_default=forum.models.accounts.NewestPostId(), editable=False),
        ),
        migrations.AlterField(
            model_name='moderationeffect',
            name='kind',
            field=models.CharField(choices=[('post', 'post'), ('thread', 'thread'), ('person', 'member'), ('reason', 'reason template'), ('rule', 'review rule'), ('category', 'category'), ('board', 'board'), ('site', 'front page text'), ('pending_post', 'pending post')], max_length=12),
        ),
        migrations.AddIndex(
            model_name='post',
            index=models.Index(fields=['author', 'thread'], name='post_by_participant'),
        ),
        migrations.AddIndex(
            model_name='post',
            index=models.Index(fields=['thread', 'id'], name='post_by_thread'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(fields=['last_post_at', 'id'], name='thread_active'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(fields=['board', 'last_post_at', 'id'], name='thread_active_in_board'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(fields=['created_at', 'id'], name='thread_new'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(fields=['board', 'created_at', 'id'], name='thread_new_in_board'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(fields=['board', 'last_post'], name='thread_unread_in_board'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(condition=models.Q(('post_count', 1)), fields=['created_at', 'id'], name='thread_unanswered'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(condition=models.Q(('post_count', 1)), fields=['board', 'created_at', 'id'], name='thread_unanswered_in_board'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(condition=models.Q(('pinned_at__isnull', False)), fields=['board', 'pinned_at'], name='thread_pinned'),
        ),
        migrations.AddField(
            model_name='readmark',
            name='board',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='forum.board'),
        ),
        migrations.AddField(
            model_name='readmark',
            name='member',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='sitetext',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='sitetext_one_row'),
        ),
        migrations.AddConstraint(
            model_name='readmark',
            constraint=models.UniqueConstraint(fields=('member', 'board'), name='readmark_once'),
        ),
    ]
