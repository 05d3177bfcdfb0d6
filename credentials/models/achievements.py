"""What can be awarded: achievements in their versions."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer, Theme, in_language, random_token


class Achievement(models.Model):
    """What can be awarded, with criteria, workload, level and outcomes; immutable once awarded.

    A change is a new version that ``supersedes`` the old one. What was handed in for review is published by
    somebody who neither handed it in nor was the last to write in it.
    """

    class Kind(models.TextChoices):
        MICRO_CREDENTIAL = "MicroCredential", _("Micro-credential (assessed)")
        COMPLETION = "CertificateOfCompletion", _("Certificate of attendance")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in-review", _("In review")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Assessment(models.TextChoices):
        CONTINUOUS = "continuous", _("Continuous assessment")
        ORAL = "oral", _("Oral examination")
        WRITTEN = "written", _("Written examination")
        PRACTICAL = "practical", _("Practical examination")
        QUIZ = "quiz", _("Questionnaire")
        PROJECT = "project", _("Project")
        PORTFOLIO = "portfolio", _("Portfolio")
        ATTENDANCE = "attendance", _("Attendance, not assessed")

    class Mode(models.TextChoices):
        ONSITE = "onsite", _("On site")
        BLENDED = "blended", _("On site and online")
        ONLINE = "online", _("Online")
        WORK = "work", _("At the workplace")

    class Results(models.TextChoices):
        NONE = "", _("No result")
        GRADE = "grade20", _("A grade out of 20")
        PERCENT = "percent", _("A percentage")
        LEVEL = "level", _("A level, A1 to C2")

    class IdentityCheck(models.TextChoices):
        NONE = "none", _("Unsupervised")
        SUPERVISED = "supervised", _("Supervised, identity not checked")
        SUPERVISED_ID = "supervised_id", _("Supervised on site, identity checked")

    id = models.CharField(primary_key=True, max_length=22, default=random_token, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="achievements")
    code = models.CharField(max_length=20, help_text="The provider's own code, such as C08")
    version = models.PositiveSmallIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successor"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    theme = models.CharField(max_length=12, choices=Theme.choices)
    title_fr = models.CharField(max_length=120, blank=True)
    title_ar = models.CharField(max_length=120, blank=True)
    description_fr = models.TextField(max_length=1000, blank=True)
    description_ar = models.TextField(max_length=1000, blank=True)
    criteria_fr = models.TextField(max_length=2000, blank=True)
    criteria_ar = models.TextField(max_length=2000, blank=True)
    hours = models.PositiveSmallIntegerField(help_text="Notional workload in hours")
    cnc_level = models.PositiveSmallIntegerField(help_text="Level 1 to 8 of the Moroccan framework (CNC)")
    cefr_level = models.CharField(max_length=6, blank=True, help_text="A1 … C2, for languages")
    digcomp = models.JSONField(default=list, blank=True, help_text='[{"code": "2.1", "level": "basic"}]')
    skills = models.JSONField(
        default=list, blank=True, help_text="ESCO: [{uri, label_en, label_fr, label_ar}]"
    )
    assessment = models.CharField(max_length=12, choices=Assessment.choices)
    assessment_uri = models.URLField(blank=True, help_text="European Learning Model, controlled list")
    results = models.CharField(
        max_length=8, choices=Results.choices, blank=True, help_text="What a certificate of it may state"
    )
    mode = models.CharField(max_length=8, choices=Mode.choices)
    mode_uri = models.URLField(blank=True, help_text="European Learning Model, controlled list")
    identity_check = models.CharField(
        max_length=14, choices=IdentityCheck.choices, default=IdentityCheck.SUPERVISED
    )
    prerequisites_fr = models.CharField(max_length=300, blank=True)
    prerequisites_ar = models.CharField(max_length=300, blank=True)
    valid_months = models.PositiveSmallIntegerField(default=0, help_text="0: does not expire")
    min_age = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    sent_back_because = models.CharField(max_length=500, blank=True, help_text="Said to those who wrote it")

    class Meta:
        ordering = ("issuer", "code", "-version")
        constraints = (
            models.UniqueConstraint(fields=("issuer", "code", "version"), name="achievement_version_once"),
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=2000), name="achievement_hours_sane"),
            models.CheckConstraint(
                condition=Q(cnc_level__gte=1, cnc_level__lte=8), name="achievement_cnc_level"
            ),
            models.CheckConstraint(
                condition=~Q(title_fr="") | ~Q(title_ar=""), name="achievement_has_a_title"
            ),
            models.CheckConstraint(
                condition=Q(kind="CertificateOfCompletion", assessment="attendance")
                | (Q(kind="MicroCredential") & ~Q(assessment="attendance")),
                name="micro_credential_is_assessed",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | (
                    (Q(edited_by__isnull=True) | ~Q(reviewed_by=F("edited_by")))
                    & (Q(submitted_by__isnull=True) | ~Q(reviewed_by=F("submitted_by")))
                ),
                name="achievement_reviewed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="in-review")
                | Q(submitted_by__isnull=False, submitted_at__isnull=False, reviewed_by__isnull=True),
                name="achievement_in_review_was_handed_in",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(submitted_at__isnull=True) | Q(reviewed_by__isnull=False),
                name="handed_in_is_published_by_review",
            ),
        )
        indexes = (
            models.Index(fields=("submitted_at",), condition=Q(state="in-review"), name="achievement_review"),
        )

    def __str__(self) -> str:
        return self.title_fr or self.title_ar

    @property
    def title(self) -> str:
        return in_language(fr=self.title_fr, ar=self.title_ar)

    @property
    def description(self) -> str:
        return in_language(fr=self.description_fr, ar=self.description_ar)

    @property
    def criteria(self) -> str:
        return in_language(fr=self.criteria_fr, ar=self.criteria_ar)

    @property
    def prerequisites(self) -> str:
        return in_language(fr=self.prerequisites_fr, ar=self.prerequisites_ar)

    @property
    def level_label(self) -> str:
        """The level as a certificate prints it, such as ``B1 · CNC 3``."""
        parts = [self.cefr_level] if self.cefr_level else []
        return " · ".join([*parts, f"CNC {self.cnc_level}"])

    @property
    def assessed(self) -> bool:
        return self.kind == self.Kind.MICRO_CREDENTIAL


class AchievementAct(models.Model):
    """Who did what with an achievement, and when; insert-only."""

    class Act(models.TextChoices):
        WRITTEN = "written", _("Draft written")
        CHANGED = "changed", _("Draft changed")
        SUBMITTED = "submitted", _("Handed in for review")
        TAKEN_BACK = "taken-back", _("Taken back to be changed")
        SENT_BACK = "sent-back", _("Sent back with a note")
        PUBLISHED = "published", _("Reviewed and published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=10, choices=Act.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.achievement_id} {self.act}"
