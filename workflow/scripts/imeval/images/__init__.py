"""Images: the sets that are evaluated, and their photographs in shards."""
