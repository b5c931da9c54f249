"""Images: sets, sources, and shards of photographs.

Order of imports: labels stand below images, because an image set reads original labels, label sets and class lists.
"""
