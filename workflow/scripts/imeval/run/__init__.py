"""What a person sees of a run and of its jobs."""
