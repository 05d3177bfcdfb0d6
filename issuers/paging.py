"""Pages of a long answer by cursor: nothing is skipped or told twice while rows come in."""

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

#: How the API's document describes ``limit``.
LIMIT = {"type": "integer", "minimum": 1}


class Pages(CursorPagination):
    """``next`` and ``previous`` are whole addresses; a cursor that was not made here leads nowhere."""

    page_size: int = 100
    max_page_size = 1000
    page_size_query_param: str = "limit"

    def get_page_size(self, request: Request) -> int:
        """So many results as ``limit`` says. Raises ValidationError for what is no number of results."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not asked.isascii() or not asked.isdecimal() or not asked.strip("0"):
            raise ValidationError({"limit": [_("Write a whole number, 1 or more.")]})
        return min(int(asked.lstrip("0")[:9]), self.max_page_size)

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not self.fits(str(cursor.position)):
            raise NotFound
        return cursor

    def fits(self, position: str) -> bool:
        """Whether the cursor's place can be one in the column that pages are ordered by."""
        return "\0" not in position


class PagesByNumber(Pages):
    """In the order of a whole number."""

    def fits(self, position: str) -> bool:
        return position.isascii() and position.isdecimal() and len(position) < 10


class PagesByMoment(Pages):
    """In the order of a moment."""

    def fits(self, position: str) -> bool:
        try:
            return parse_datetime(position) is not None
        except ValueError:
            return False


def page(pages: Pages, rows: Any, request: Request) -> tuple[list[Any], dict[str, Any]]:
    """The rows of the page asked for, and the addresses of its neighbours."""
    found: list[Any] = pages.paginate_queryset(rows, request) or []
    return found, {"next": pages.get_next_link(), "previous": pages.get_previous_link()}
