"""What the API takes and answers. Only envelopes are read by these; rows have a check of their own."""

from typing import Any

from rest_framework import serializers

from credentials import revocation
from credentials.models import Achievement, Award, Batch, Credential, Message, StatusChange
from credentials.people import LANGUAGES
from issuers.apidoc import SlipSerializer


class PageSerializer(serializers.Serializer[Any]):
    """A page and its neighbours."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


# -- Courses --------------------------------------------------------------------------------------
class CourseSerializer(serializers.Serializer[Any]):
    """An achievement that may be awarded."""

    id = serializers.CharField(source="pk")
    code = serializers.CharField(help_text="The provider's own")
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Achievement.State.choices)
    kind = serializers.ChoiceField(choices=Achievement.Kind.choices)
    theme = serializers.CharField()
    title_fr = serializers.CharField(allow_blank=True)
    title_ar = serializers.CharField(allow_blank=True)
    hours = serializers.IntegerField()
    cnc_level = serializers.IntegerField()
    valid_months = serializers.IntegerField(help_text="0: does not expire")


class WholeCourseSerializer(CourseSerializer):
    """An achievement with what it takes and what it is worth."""

    description_fr = serializers.CharField(allow_blank=True)
    description_ar = serializers.CharField(allow_blank=True)
    criteria_fr = serializers.CharField(allow_blank=True)
    criteria_ar = serializers.CharField(allow_blank=True)
    cefr_level = serializers.CharField(allow_blank=True)
    assessment = serializers.ChoiceField(choices=Achievement.Assessment.choices)
    mode = serializers.ChoiceField(choices=Achievement.Mode.choices)


class CoursePageSerializer(PageSerializer):
    """A page of courses, by code."""

    results = CourseSerializer(many=True)


# -- Lists ----------------------------------------------------------------------------------------
class TermsSerializer(serializers.Serializer[Any]):
    """What holds for all rows of a list."""

    achievement = serializers.CharField(max_length=22, help_text="Id, or the provider's own code")
    awarded_on = serializers.DateField(help_text="For rows that name no day of their own")
    session = serializers.CharField(
        max_length=80, required=False, default="", allow_blank=True, help_text="The name of the group"
    )
    language = serializers.ChoiceField(
        choices=LANGUAGES, required=False, default="fr", help_text="Of messages, unless a row has its own"
    )
    notify = serializers.BooleanField(
        required=False, default=True, help_text="Whether each person is told by SMS or e-mail"
    )
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Check everything, write nothing"
    )


class CellsSerializer(serializers.Serializer[Any]):
    """A row as texts. A name is needed, in either script; an address is not: a printed certificate."""

    name_latin = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    name_arabic = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    name = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, help_text="In either script, or in both"
    )
    phone = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    email = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    passport = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, help_text="A passport number, ten digits"
    )
    language = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    awarded_on = serializers.CharField(required=False, allow_blank=True, allow_null=True)


class ListInSerializer(TermsSerializer):
    """A list as JSON."""

    rows = CellsSerializer(many=True, help_text="10,000 at most")


class FileInSerializer(TermsSerializer):
    """A list as a file in a form."""

    file = serializers.FileField(help_text="CSV or XLSX, 10 MB at most")


class CountsSerializer(serializers.Serializer[Any]):
    """Rows by state."""

    pending = serializers.IntegerField()
    issued = serializers.IntegerField()
    failed = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class BatchSerializer(serializers.Serializer[Any]):
    """A list, and how far it is. Only the answers to what changes rows name ``errors``."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=Batch.Kind.choices)
    state = serializers.ChoiceField(choices=Batch.State.choices)
    held_because = serializers.ChoiceField(
        choices=Batch.Held.choices, allow_null=True, help_text="Why it waits, or waited, for a second person"
    )
    held = serializers.CharField(
        allow_null=True, help_text="While it waits: why, and who can release it, for people"
    )
    achievement = serializers.CharField()
    awarded_on = serializers.DateField()
    session = serializers.CharField(allow_blank=True)
    file_name = serializers.CharField(allow_blank=True)
    notify = serializers.BooleanField()
    total = serializers.IntegerField()
    counts = CountsSerializer()
    percent = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True, help_text="Certificates a second")
    seconds_left = serializers.IntegerField(allow_null=True)
    accepted_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    url = serializers.URLField()
    rows_url = serializers.URLField()


class AcceptedSerializer(BatchSerializer):
    """A list just accepted, and what is wrong with it: the first thousand slips of ``wrong`` rows."""

    wrong = serializers.IntegerField()
    errors = SlipSerializer(many=True)  # type: ignore[assignment]  # a field, as the metaclass takes it


class BatchPageSerializer(PageSerializer):
    """A page of lists, the newest first."""

    results = BatchSerializer(many=True)


class ReadingSerializer(serializers.Serializer[Any]):
    """How a file was read, for whoever wants to object."""

    encoding = serializers.CharField(help_text="A guess when it begins with windows", allow_blank=True)
    columns = serializers.DictField(child=serializers.CharField(), help_text="Heading → field")
    ignored = serializers.ListField(child=serializers.CharField(), help_text="Columns that were not read")
    unread = serializers.ListField(child=serializers.CharField(), help_text="Sheets that were not read")
    examples = serializers.ListField(child=serializers.IntegerField(), help_text="Lines of examples")


class VersionsSerializer(serializers.Serializer[Any]):
    """Versions of the printed QR codes: 13 is the most that scans well."""

    min = serializers.IntegerField()
    max = serializers.IntegerField()


class DryCountsSerializer(serializers.Serializer[Any]):
    """Rows by the state that they would have: to be issued, wrong, repeats."""

    pending = serializers.IntegerField()
    failed = serializers.IntegerField()
    duplicate = serializers.IntegerField()


class DryRunSerializer(serializers.Serializer[Any]):
    """A list as it would be accepted; ``errors`` names every slip of every row."""

    dry_run = serializers.BooleanField()
    achievement = serializers.CharField()
    awarded_on = serializers.DateField()
    session = serializers.CharField(allow_blank=True)
    total = serializers.IntegerField()
    counts = DryCountsSerializer()
    wrong = serializers.IntegerField()
    qr_versions = VersionsSerializer(allow_null=True)
    file = ReadingSerializer(allow_null=True)
    errors = SlipSerializer(many=True)  # type: ignore[assignment]  # a field, as the metaclass takes it


# -- Rows -----------------------------------------------------------------------------------------
class RowErrorSerializer(serializers.Serializer[Any]):
    """Why a row is not issued. The remedy: ``mend`` the row, or ``retry`` it as it is."""

    code = serializers.CharField()
    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()
    remedy = serializers.ChoiceField(choices=("mend", "retry"))


class RowCertificateSerializer(serializers.Serializer[Any]):
    """The certificate that came of a row."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Credential.Status.choices)
    url = serializers.URLField()


class RowMessageSerializer(serializers.Serializer[Any]):
    """A message to the person, without the address."""

    kind = serializers.ChoiceField(choices=Message.Kind.choices)
    channel = serializers.ChoiceField(choices=Message.Channel.choices)
    state = serializers.ChoiceField(choices=Message.State.choices)
    sent_at = serializers.DateTimeField(allow_null=True)


class RowSerializer(serializers.Serializer[Any]):
    """One row and what became of it."""

    row = serializers.IntegerField()
    line = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Award.State.choices)
    name_latin = serializers.CharField(allow_blank=True)
    name_arabic = serializers.CharField(allow_blank=True)
    awarded_on = serializers.DateField()
    problems = SlipSerializer(many=True)
    error = RowErrorSerializer(allow_null=True)
    credential = RowCertificateSerializer(allow_null=True)
    messages = RowMessageSerializer(many=True)
    claimed = serializers.BooleanField(help_text="Whether it is in somebody's passport")


class RowPageSerializer(PageSerializer):
    """A page of rows, in their order."""

    results = RowSerializer(many=True)


class AgainSerializer(serializers.Serializer[Any]):
    """Which rows to try again; all that can be, if none is named."""

    rows = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=1_000_000), required=False, max_length=10_000
    )


class RetriedSerializer(BatchSerializer):
    """The list, and how many rows are tried again."""

    again = serializers.IntegerField()


class StoppedSerializer(BatchSerializer):
    """The list, and how many rows were stopped before they were signed."""

    stopped = serializers.IntegerField()


# -- Certificates ---------------------------------------------------------------------------------
class CertificateSerializer(serializers.Serializer[Any]):
    """A certificate, without the person. Its files are there as far as its holder lets them be seen."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Credential.Status.choices)
    status_changed_at = serializers.DateTimeField(allow_null=True)
    achievement = CourseSerializer()
    session = serializers.CharField(allow_blank=True)
    awarded_on = serializers.DateField()
    issued_at = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True)
    replaced_by = serializers.CharField(allow_null=True)
    possible = serializers.ListField(child=serializers.CharField(), help_text="What may be done with it now")
    url = serializers.URLField()
    jwt_url = serializers.URLField()
    pdf_url = serializers.URLField()


class ReasonSerializer(serializers.Serializer[Any]):
    """Why a status changes."""

    reason = serializers.ChoiceField(choices=StatusChange.Reason.choices)
    note = serializers.CharField(
        max_length=300,
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,  # the document counts spaces too; the verb takes them off
        help_text="For colleagues",
    )


class StatusSerializer(serializers.Serializer[Any]):
    """A certificate's status after the act."""

    id = serializers.CharField(source="pk")
    status = serializers.ChoiceField(choices=Credential.Status.choices)
    status_changed_at = serializers.DateTimeField()


class ReplacementSerializer(CellsSerializer):
    """What changes: cells that are not given stay as they are, an empty one goes."""

    reason = serializers.ChoiceField(choices=revocation.REPLACING)
    note = serializers.CharField(
        max_length=300, required=False, default="", allow_blank=True, trim_whitespace=False
    )
    notify = serializers.BooleanField(required=False, default=True)
