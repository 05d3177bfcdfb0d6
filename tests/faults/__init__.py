"""Kills the product while it issues certificates, and proves: nothing lost, twice, or wrongly refused."""
