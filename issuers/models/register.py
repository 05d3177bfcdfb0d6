"""The register: the city and its districts, who may award what, and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .words import in_language


class Theme(models.TextChoices):
    """The families of achievements for which a mandate is given."""

    LANGUAGES = "languages", _("Languages")
    DIGITAL = "digital", _("Digital skills")
    FINANCIAL = "financial", _("Financial education")
    HEALTH = "health", _("Preventive health")
    TRADES = "trades", _("Trades")


class City(models.Model):
    """The one row that says which city this is and under which address its documents were signed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name_fr = models.CharField(max_length=120)
    name_ar = models.CharField(max_length=120)
    base_url = models.URLField(blank=True, help_text="Signed into documents; written at the first issue.")
    census = models.JSONField(default=dict, help_text="City totals of the census, as published.")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="city_is_one_row"),)
        verbose_name_plural = "cities"

    def __str__(self) -> str:
        return self.name_fr


class Arrondissement(models.Model):
    """One of the city's districts, with the census figures that rates are computed from."""

    code = models.CharField(max_length=16, primary_key=True, help_text="HCP code, such as 06.141.01.53")
    name_fr = models.CharField(max_length=80)
    name_ar = models.CharField(max_length=80)
    prefecture_code = models.CharField(max_length=16)
    prefecture_fr = models.CharField(max_length=120)
    prefecture_ar = models.CharField(max_length=120)
    population = models.PositiveIntegerField(help_text="Legal population, 2024.")
    population_15plus = models.PositiveIntegerField()
    census = models.JSONField(default=dict, help_text="Further figures, as published.")

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name_fr

    @property
    def name(self) -> str:
        return in_language(fr=self.name_fr, ar=self.name_ar)


class IssuerKind(models.TextChoices):
    """What sort of body teaches."""

    LIBRARY = "library", _("Library")
    YOUTH_HOUSE = "youth_house", _("Youth house")
    CULTURAL_CENTRE = "cultural_centre", _("Cultural centre")
    ASSOCIATION = "association", _("Association")
    VOCATIONAL = "vocational", _("Vocational training institute")
    SECOND_CHANCE = "second_chance", _("Second-chance school")
    UNIVERSITY = "university", _("University, continuing education")
    COMPANY = "company", _("Company")
    MUNICIPAL = "municipal", _("Municipal service")


class Issuer(models.Model):
    """A provider that the city has entered, or is about to enter, in its register.

    Only an ``active`` issuer awards; a suspended or closed one keeps its lists and keys published, so that
    what it awarded goes on verifying.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        CLOSED = "closed", _("Closed")

    slug = models.SlugField(max_length=60, unique=True)
    name_fr = models.CharField(max_length=160)
    name_ar = models.CharField(max_length=160)
    kind = models.CharField(max_length=20, choices=IssuerKind.choices)
    arrondissement = models.ForeignKey(Arrondissement, on_delete=models.PROTECT, related_name="issuers")
    email = models.EmailField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    state_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("name_fr",)
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="issuer_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="issuer_active_only_if_approved",
            ),
        )

    def __str__(self) -> str:
        return self.name_fr

    @property
    def name(self) -> str:
        return in_language(fr=self.name_fr, ar=self.name_ar)


class Mandate(models.Model):
    """What an issuer is accredited for: a theme, from a date, until a date, so many a day.

    Holds on a day when approved, ``starts_on <= day``, ``day < ends_on`` if it ends, and not suspended then.
    """

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="mandates")
    theme = models.CharField(max_length=12, choices=Theme.choices)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    daily_cap = models.PositiveIntegerField(default=500)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    state_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("issuer", "theme", "starts_on")
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="mandate_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="mandate_approval_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="mandate_ends_after_start",
            ),
            models.UniqueConstraint(fields=("issuer", "theme", "starts_on"), name="mandate_once_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.issuer_id} {self.theme}"


class RegisterChange(models.Model):
    """One line of the register's history: who did what to which issuer, mandate, key or role."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="history", null=True)
    event = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return self.event


class Whereabouts(models.Model):
    """The one row that says where this database lives, so that one restored from a backup is noticed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    place = models.CharField(max_length=120, help_text="See issuers/whereabouts.py")
    restored_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last looked after, once restored from a backup"
    )

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="whereabouts_is_one_row"),)
        verbose_name_plural = "whereabouts"

    def __str__(self) -> str:
        return self.place
