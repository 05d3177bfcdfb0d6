"""What a learner shows: entries behind one link and QR code, and when somebody opened it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import random_token

from .declarations import Declaration
from .entries import Entry
from .imports import Import
from .people import Address, Learner


class Presentation(models.Model):
    """Entries that a learner shares behind one QR code, with the detail that she chose.

    The link's token is looked up by ``digest``; ``sealed`` holds it for her own eyes, so that she can show
    the code again, and a copy of the database alone opens nothing.
    """

    class Kind(models.TextChoices):
        CHOSEN = "chosen", _("Chosen entries, until a day")
        PAGE = "page", _("My public page")

    MAX_ENTRIES: ClassVar[int] = 50

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="presentations")
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.CHOSEN)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the link's token")
    sealed = models.CharField(max_length=120, help_text="The token, sealed: seals.seal")
    title = models.CharField(max_length=80, blank=True, help_text="For whom, in her own words, for her alone")
    whole_name = models.BooleanField(default=True, help_text="Otherwise the first name and an initial")
    with_dates = models.BooleanField(default=True)
    with_levels = models.BooleanField(default=True, help_text="Levels and hours")
    contact = models.ForeignKey(
        Address,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="A proven phone or e-mail that is shown, if she chose one",
    )
    language = models.CharField(max_length=2, help_text="In which the page opens for whoever chose none")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="page", expires_at__isnull=True)
                | (~Q(kind="page") & Q(expires_at__isnull=False, expires_at__gt=F("made_at"))),
                name="presentation_expires_unless_a_page",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("made_at")),
                name="presentation_withdrawn_after_made",
            ),
            models.UniqueConstraint(
                fields=("learner",),
                condition=Q(kind="page", withdrawn_at__isnull=True),
                name="one_public_page_a_learner",
            ),
        )

    def __str__(self) -> str:
        return self.id


class Shown(models.Model):
    """One entry of a presentation, at its place: a certificate, one from elsewhere, or what she declares."""

    presentation = models.ForeignKey(Presentation, on_delete=models.CASCADE, related_name="shown")
    place = models.PositiveSmallIntegerField()
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    declaration = models.ForeignKey(
        Declaration, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    imported = models.ForeignKey(Import, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("place",)
        verbose_name_plural = "shown"
        constraints = (
            models.UniqueConstraint(fields=("presentation", "place"), name="shown_place_once"),
            models.UniqueConstraint(fields=("presentation", "entry"), name="shown_entry_once"),
            models.UniqueConstraint(fields=("presentation", "declaration"), name="shown_declaration_once"),
            models.UniqueConstraint(fields=("presentation", "imported"), name="shown_import_once"),
            models.CheckConstraint(
                condition=Q(entry__isnull=False, declaration__isnull=True, imported__isnull=True)
                | Q(entry__isnull=True, declaration__isnull=False, imported__isnull=True)
                | Q(entry__isnull=True, declaration__isnull=True, imported__isnull=False),
                name="shown_is_one_of_three",
            ),
            models.CheckConstraint(condition=Q(place__lt=50), name="shown_fifty_at_most"),
        )

    def __str__(self) -> str:
        return f"{self.presentation_id} {self.place}"


class PresentationOpening(models.Model):
    """An hour in which somebody opened a presentation, and how often: when, never who."""

    presentation = models.ForeignKey(Presentation, on_delete=models.CASCADE, related_name="openings")
    hour = models.DateTimeField(help_text="Its beginning")
    times = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-hour",)
        constraints = (
            models.UniqueConstraint(fields=("presentation", "hour"), name="presentation_opening_hour_once"),
        )

    def __str__(self) -> str:
        return f"{self.presentation_id} {self.hour:%Y-%m-%d %H}"
