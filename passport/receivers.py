"""Hears the news from below and rings the filing verbs; the sweeper does what was missed."""
