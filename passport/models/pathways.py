"""Pathways through the city's courses: proposed by one official, published by another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Theme, in_language


class Pathway(models.Model):
    """One wording of a pathway; a change is another wording that takes its place when it is published.

    Of those with one slug at most one is published and one proposed.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        PUBLISHED = "published", _("Published")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    slug = models.SlugField(max_length=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    theme = models.CharField(max_length=12, choices=Theme.choices)
    title_fr = models.CharField(max_length=120)
    title_ar = models.CharField(max_length=120)
    about_fr = models.TextField(max_length=600)
    about_ar = models.TextField(max_length=600)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("theme", "title_fr", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("slug",), condition=Q(state="published"), name="one_published_pathway_a_slug"
            ),
            models.UniqueConstraint(
                fields=("slug",), condition=Q(state="proposed"), name="one_proposed_pathway_a_slug"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | ~Q(decided_by=F("proposed_by")),
                name="pathway_published_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="pathway_decided_once_proposed",
            ),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def title(self) -> str:
        return in_language(fr=self.title_fr, ar=self.title_ar)

    @property
    def about(self) -> str:
        return in_language(fr=self.about_fr, ar=self.about_ar)


class Step(models.Model):
    """One step of a pathway, done by whoever has any one of ``any_of`` (see passport/requirements.py)."""

    pathway = models.ForeignKey(Pathway, on_delete=models.CASCADE, related_name="steps")
    place = models.PositiveSmallIntegerField(help_text="1 for the first")
    any_of = models.JSONField(help_text='["course:al-amal/C04", "language:en:A1", "digital:2:basic"]')

    class Meta:
        ordering = ("pathway", "place")
        constraints = (
            models.UniqueConstraint(fields=("pathway", "place"), name="step_place_once"),
            models.CheckConstraint(condition=~Q(any_of=[]), name="step_asks_for_something"),
        )

    def __str__(self) -> str:
        return f"{self.pathway_id}/{self.place}"
