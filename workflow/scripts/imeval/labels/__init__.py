"""Labels: class lists, label sets, and the category of every image."""
