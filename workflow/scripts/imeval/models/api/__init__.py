"""MLLMs that are asked over HTTP."""
