from django.db import migrations

RENAME = """
UPDATE forum_post SET html = replace(html, '<figure class="{old}" ', '<figure class="{new}" ')
 WHERE html LIKE '%<figure class="{old}" %'
"""


class Migration(migrations.Migration):
    dependencies = [("forum", "0009_revision_withdraws")]

    operations = [
        migrations.RunSQL(
            RENAME.format(old="q", new="quote"), RENAME.format(old="quote", new="q")
        ),
    ]
