from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forum", "0003_search")]

    operations = [
        migrations.AlterField(
            "draft", "title", models.CharField(blank=True, max_length=2000)
        ),
        migrations.AlterField(
            "pendingpost",
            "title",
            models.CharField(blank=True, max_length=1000, verbose_name="title"),
        ),
        migrations.AlterField(
            "thread", "title", models.CharField(max_length=1000, verbose_name="title")
        ),
    ]
