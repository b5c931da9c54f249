"""Labels: class lists, original labels, label sets, categories."""
