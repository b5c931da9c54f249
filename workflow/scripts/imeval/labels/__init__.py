"""Labels: classes, original labels, label sets and label categories."""
