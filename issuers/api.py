"""The REST API of the register: who may award what in this city. It is public."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import limits, profiles, reading
from .apidoc import BASE, refusals
from .models import Issuer, IssuerKind, Theme
from .paging import LIMIT, Pages, page


class DistrictSerializer(serializers.Serializer[Any]):
    """An arrondissement."""

    code = serializers.CharField()
    name_fr = serializers.CharField()
    name_ar = serializers.CharField()


class AccreditationSerializer(serializers.Serializer[Any]):
    """What an issuer may award today; ``until`` is the first day that it no longer covers."""

    theme = serializers.ChoiceField(choices=Theme.choices)
    since = serializers.DateField()
    until = serializers.DateField(allow_null=True)


class RegisteredSerializer(serializers.Serializer[Any]):
    """An issuer of the register; one that is suspended or closed stays in it, with nothing accredited."""

    slug = serializers.CharField()
    name_fr = serializers.CharField()
    name_ar = serializers.CharField()
    did = serializers.CharField(help_text="did:web")
    kind = serializers.ChoiceField(choices=IssuerKind.choices)
    state = serializers.ChoiceField(choices=Issuer.State.choices)
    arrondissement = DistrictSerializer()
    accredited = AccreditationSerializer(many=True)
    url = serializers.URLField()


class RegisterPageSerializer(serializers.Serializer[Any]):
    """A page of the register, by short name."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RegisteredSerializer(many=True)


class ByName(Pages):
    """In the order of short names."""

    ordering = ("slug",)


_EXAMPLE = {
    "next": None,
    "previous": None,
    "results": [
        {
            "slug": "ennour",
            "name_fr": "Médiathèque Ennour de Sidi Moumen",
            "name_ar": "الخزانة الوسائطية النور بسيدي مومن",
            "did": "did:web:passport.example:issuers:ennour",
            "kind": "library",
            "state": "active",
            "arrondissement": {
                "code": "06.141.01.53",
                "name_fr": "Sidi Moumen",
                "name_ar": "سيدي مومن",
            },
            "accredited": [{"theme": "digital", "since": "2025-09-01", "until": None}],
            "url": f"{BASE}/issuers/ennour",
        }
    ],
}


class Register(APIView):
    """The city's issuers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (limits.Register,)

    @extend_schema(
        operation_id="issuers_list",
        tags=["register"],
        summary="The issuers of the city's register",
        parameters=[
            OpenApiParameter("cursor", str, description="From `next` or `previous`"),
            OpenApiParameter("limit", LIMIT, description="Results a page: 100, and 1,000 at most"),
        ],
        responses={
            200: OpenApiResponse(
                RegisterPageSerializer,
                description="One page",
                examples=[OpenApiExample("One issuer", value=_EXAMPLE)],
            ),
            **refusals("invalid", "not-found", "throttled"),
        },
    )
    def get(self, request: Request) -> Response:
        found, beside = page(ByName(), reading.registered(), request)
        today = timezone.localdate()
        facts = [reading.issuer_facts(issuer=issuer, today=today) for issuer in found]
        return Response({**beside, "results": [_shown(each) for each in facts]})


def _shown(facts: reading.IssuerFacts) -> dict[str, Any]:
    issuer = facts.issuer
    district = issuer.arrondissement
    return {
        "slug": issuer.slug,
        "name_fr": issuer.name_fr,
        "name_ar": issuer.name_ar,
        "did": profiles.did_for_issuer(base_url=settings.BASE_URL, slug=issuer.slug),
        "kind": issuer.kind,
        "state": issuer.state,
        "arrondissement": {"code": district.pk, "name_fr": district.name_fr, "name_ar": district.name_ar},
        "accredited": [
            {"theme": each.theme, "since": each.since, "until": each.until} for each in facts.current
        ],
        "url": f"{settings.BASE_URL}/issuers/{issuer.slug}",
    }
