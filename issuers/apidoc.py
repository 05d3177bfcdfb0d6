"""How the API's document describes refusals: one kind of answer, with an example of each."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

PROBLEM = "application/problem+json"
#: As examples show the installation.
BASE = "https://passport.example"

#: Name of a refusal → (status, its sentence in English). ``config.problems`` says them in three languages.
REFUSALS: dict[str, tuple[int, str]] = {
    "parse-error": (400, "The body cannot be read: it is not what Content-Type says."),
    "invalid": (400, "Some fields are not right."),
    "key-missing": (
        400,
        "Send the header Idempotency-Key with 1 to 100 characters: new for each request, "
        "the same when a request is repeated.",
    ),
    "not-authenticated": (401, "Sign in with “Authorization: Bearer” and the token of an API client."),
    "authentication-failed": (401, "This token opens nothing. Copy the whole of it, or make another."),
    "missing-scope": (403, "This API client has no scope for this. The provider's owner chooses them."),
    "not-found": (404, "There is nothing here under this address."),
    "batch-closed": (
        409,
        "This is no longer possible: the list, or this row, has been decided meanwhile.",
    ),
    "duplicate-award": (409, "This person already has this certificate for this date."),
    "issuer-suspended": (
        409,
        "This provider may not issue this certificate at present. Ask the city's learning office.",
    ),
    "not-sent-yet": (
        409,
        "This message has not been sent. A receipt for it can only follow its sending.",
    ),
    "outside-mandate": (409, "The city has not accredited this provider for this theme on this date."),
    "wrong-status": (409, "This is not possible in the certificate's present state."),
    "list-too-large": (413, "This file is larger than 10 MB. Keep the list alone, or divide it."),
    "too-large": (413, "This file is too large to be a certificate. A certificate has at most 2 MB."),
    "unsupported-media-type": (415, "This kind of content is not taken here."),
    "bad-award": (422, "This course is not open for awards. Choose another."),
    "key-reused": (422, "This request number was used for another award. Start again."),
    "list-columns-missing": (
        422,
        "No column is named as the one with the names. There is: Téléphone. "
        "Name it “Full name”, or two columns “First name” and “Last name”, in French, Arabic or English.",
    ),
    "list-too-many-rows": (422, "This list has more than 10,000 rows. Divide it."),
    "malformed": (400, "This is not a certificate that we can read."),
    "nobody-to-issue": (422, "No row of this list can be issued. Mend the rows that are marked."),
    "not-known": (404, "No certificate has this code or link. Compare it with the paper, letter by letter."),
    "throttled": (429, "Too many requests. Wait as many seconds as Retry-After says."),
    "out-of-reach": (
        503,
        "Our records are out of reach for a moment. Try again in a little while: "
        "what was accepted already is not accepted twice.",
    ),
    "too-many": (429, "Too many checks came from here. Wait a minute, then try again."),
}
#: What a refusal adds to its sentence, where it adds anything.
BESIDE: dict[str, dict[str, Any]] = {
    "invalid": {"errors": [{"field": "awarded_on", "detail": "This field is required."}]},
    "bad-award": {
        "errors": [
            {"field": "achievement", "detail": "This course is not open for awards. Choose another."},
        ]
    },
    "nobody-to-issue": {
        "wrong": 1,
        "errors": [
            {
                "row": 1,
                "line": 2,
                "field": "phone",
                "code": "phone-one-missing",
                "detail": "One digit is missing from this number. Example: 06 12 34 56 78.",
                "value": "06 12 34 56 7",
            }
        ],
    },
}


class SlipSerializer(serializers.Serializer[Any]):
    """One thing to mend. A row of a list is named by ``row`` and ``line``."""

    row = serializers.IntegerField(required=False, help_text="1, 2, 3 … within the list")
    line = serializers.IntegerField(required=False, help_text="As a person sees it beside the file's row")
    field = serializers.CharField()
    code = serializers.CharField(required=False, help_text="Stable, for programs")
    detail = serializers.CharField(help_text="What is wrong and how to mend it, in the reader's language")
    value = serializers.CharField(required=False, allow_blank=True, help_text="As it came")
    same_as = serializers.IntegerField(required=False, help_text="The line that this row repeats")
    credential = serializers.CharField(required=False, help_text="The certificate that this row repeats")


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457). ``type`` leads to its description; ``errors`` names fields."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="For people, in the language of Accept-Language")
    errors = SlipSerializer(many=True, required=False)  # type: ignore[assignment]  # a field, taken by the metaclass
    wrong = serializers.IntegerField(
        required=False, help_text="How many rows are not right; errors names the first thousand slips"
    )


def refusals(*codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    """The answers with which an operation refuses, as ``responses`` of ``extend_schema``."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[REFUSALS[code][0]].append(code)
    return {
        (status, PROBLEM): OpenApiResponse(
            ProblemSerializer,
            description=" ".join(f"`{code}`" for code in named),
            examples=[
                OpenApiExample(code, value=example(code), response_only=True, status_codes=[str(status)])
                for code in named
            ],
        )
        for status, named in sorted(by_status.items())
    }


def example(code: str) -> dict[str, Any]:
    """A problem document as this refusal gives it."""
    status, sentence = REFUSALS[code]
    return {
        "type": f"{BASE}/problems#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence,
    } | BESIDE.get(code, {})


#: Whatever a program with a token asks may end so.
SIGNED_IN = ("not-authenticated", "authentication-failed", "missing-scope", "throttled", "out-of-reach")
