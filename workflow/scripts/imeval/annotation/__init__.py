"""The second annotation pass (Section 3.4)."""

LABEL_SOURCES = ("imgt", "labels")
"""The sources of proposals that are no models: the original labels and the label set."""
