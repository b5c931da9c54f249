"""Image sets, sources of pictures, and shards of photographs.

Images import labels, because an image set reads original labels, label sets and class lists.
"""
