"""Pages and files of this app."""
