"""What a provider may award, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from credentials import achievements, teaching
from issuers.access import client_of, scope
from issuers.paging import Pages, page

from . import described, wire
from .serializers import CourseSerializer, WholeCourseSerializer


class ByCode(Pages):
    """By the provider's own codes."""

    ordering = ("code", "id")


class Courses(wire.ForPrograms):
    """The courses that are open for awards."""

    permission_classes = (scope("read"),)

    @extend_schema(**described.COURSES)
    def get(self, request: Request) -> Response:
        open_ones = achievements.published_for(issuers=[client_of(request).issuer])
        found, beside = page(ByCode(), open_ones, request)
        return Response({**beside, "results": CourseSerializer(found, many=True).data})


class OneCourse(wire.ForPrograms):
    """One course of the provider, in any version and state."""

    permission_classes = (scope("read"),)

    @extend_schema(**described.ONE_COURSE)
    def get(self, request: Request, achievement_id: str) -> Response:
        found = teaching.own_achievement(issuers=[client_of(request).issuer], achievement_id=achievement_id)
        return Response(WholeCourseSerializer(found).data)
