"""Courses of the demo city that wait for other eyes: one for a colleague, one for the city."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from credentials import achievements, reviewing
from credentials.models import Achievement
from passport.models import Learner


def tell(
    *, courses: Mapping[str, Achievement], writers: Mapping[str, Learner], shown: str, now: datetime
) -> None:
    """A longer version of a course of the provider whose staff sign in, and one of a one-person provider."""
    handed_in: dict[bool, str] = {}
    for code in sorted(courses):
        for_colleague = writers[code] == writers[shown]
        handed_in.setdefault(for_colleague, code)
    for days, code in zip((3, 2), sorted(handed_in.values()), strict=True):
        moment = now - timedelta(days=days)
        writer = writers[code]
        newer = achievements.new_version(achievement=courses[code], by=writer, now=moment)
        achievements.update_draft(
            achievement=newer, fields={"hours": newer.hours + 4}, by=writer, now=moment + timedelta(hours=1)
        )
        reviewing.submit(achievement=newer, by=writer, now=moment + timedelta(hours=2))
