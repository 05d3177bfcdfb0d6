"""Python reads this before the product's first line; the harness alone puts its folder on the path."""

import tests.faults.wrapped  # noqa: F401  # it acts when it is imported
