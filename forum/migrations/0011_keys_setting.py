from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("forum", "0010_desk_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="keys",
            field=models.BooleanField(default=True, verbose_name="single-key shortcuts"),
        ),
    ]
