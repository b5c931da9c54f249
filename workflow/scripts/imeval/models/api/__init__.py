"""MLLMs behind an HTTP API."""
