"""When moderators were reminded of a request for permanent deletion that falls due."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forum", "0011_names_of_any_script")]

    operations = [
        migrations.AddField(
            model_name="erasure",
            name="reminded_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="moderationnotification",
            name="cause",
            field=models.CharField(
                choices=[
                    ("deed", "acted on something of yours"),
                    ("report", "closed your report"),
                    ("appeal", "decided your appeal"),
                    ("case", "assigned you a case"),
                    ("new-case", "new in the review queue"),
                    ("new-appeal", "a new appeal"),
                    ("new-erase", "a new request for permanent deletion"),
                    ("erase-due", "a request for permanent deletion falls due"),
                ],
                max_length=10,
            ),
        ),
    ]
