"""MLLMs that run in the job itself."""
