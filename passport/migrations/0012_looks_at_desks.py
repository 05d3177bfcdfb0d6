"""Lines about desks: looked up, vouched for; and what one desk did, by day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("passport", "0011_cards"),
    ]

    operations = [
        migrations.AlterField(
            model_name="entry",
            name="how",
            field=models.CharField(
                choices=[
                    ("match", "Address and name agreed"),
                    ("confirmed", "The learner said yes"),
                    ("number", "By passport number and name"),
                    ("succession", "It replaces one that was here"),
                    ("slip", "By the slip of paper that came with it"),
                    ("desk", "A clerk at a desk saw the person"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="look",
            name="act",
            field=models.CharField(
                choices=[
                    ("desk-opened", "A clerk opened your passport at a desk"),
                    ("desk-acted", "A clerk did something for you"),
                    ("desk-found", "A clerk looked you up at a desk"),
                    ("desk-vouched", "A clerk opened your passport without your card or PIN"),
                    ("guardian-opened", "Your guardian opened your passport"),
                    ("guardian-acted", "Your guardian did something for you"),
                    ("shown", "Somebody opened what you share"),
                    ("merged", "Two passports became one"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="look",
            index=models.Index(fields=["house", "-at"], name="look_by_house"),
        ),
    ]
