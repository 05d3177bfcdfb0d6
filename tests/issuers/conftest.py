"""Fixtures of the key room."""

from tests.factories import key_room

__all__ = ["key_room"]
