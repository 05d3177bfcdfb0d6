"""The REST API of this app: courses, lists of people, certificates."""
