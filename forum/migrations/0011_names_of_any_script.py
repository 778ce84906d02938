"""Names of any one script: what is the same and what looks alike is decided for all letters."""

from django.db import migrations, models
from django.db.models.functions import Collate, Replace

import forum.models.accounts
from forum.models.accounts import FoldedName


class Migration(migrations.Migration):

    dependencies = [
        ('forum', '0010_quote_class'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='user', name='user_name_not_confusable'),
        migrations.RemoveConstraint(model_name='user', name='user_name_unique'),
        migrations.RemoveConstraint(model_name='user', name='user_name_without_separators'),
        migrations.RemoveConstraint(model_name='user', name='user_name_plain'),
        migrations.RemoveIndex(model_name='user', name='user_by_name'),
        migrations.RemoveField(model_name='user', name='name_key'),
        migrations.AddField(
            model_name='user',
            name='name_key',
            field=models.GeneratedField(db_persist=True, expression=forum.models.accounts.NameKey('username'), output_field=models.CharField(max_length=120)),
        ),
        migrations.AlterField(
            model_name='user',
            name='username',
            field=models.CharField(error_messages={'unique': 'This name is already taken.'}, max_length=30, unique=True, validators=[forum.models.accounts.validate_name], verbose_name='name'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(Collate(FoldedName('username'), 'C'), name='user_by_name'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(FoldedName('username'), name='user_name_unique', violation_error_message='This name is already taken.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(fields=('name_key',), name='user_name_not_confusable', violation_error_message='This name is too similar to another member’s.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(Replace(Replace(FoldedName('username'), models.Value('_')), models.Value('-')), name='user_name_without_separators', violation_error_message='This name is too similar to another member’s.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(username__regex=r'^(?!_)([A-Za-z0-9_]|[^\u0001-\u007f])([A-Za-z0-9_]|[^\u0001-\u007f]|-){0,28}([A-Za-z0-9_]|[^\u0001-\u007f])$'), name='user_name_plain'),
        ),
    ]
