"""Tests of the register and the key room."""
