"""Labels: class lists, original labels, label sets and label categories."""
