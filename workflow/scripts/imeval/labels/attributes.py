"""The names of what label sets know."""

ATTRIBUTES = ("crowd", "reflected", "rendition", "ocr_needed")
"""What annotators note of a box beside its labels: many objects, a mirror image, a drawing, a text to be read."""

FLAGS = (*ATTRIBUTES, "dominant_object")
"""The flags of a box."""

OF_LABELS = ("labels", "category")
OF_BOXES = ("boxes", "box_area", "attribute", *FLAGS)
"""The columns of facts that come from labels, and from boxes."""

WITH_BOXES = "reimagenet"
"""The format of label files that hold boxes."""
