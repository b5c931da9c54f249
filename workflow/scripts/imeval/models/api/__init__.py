"""MLLMs that are asked over HTTP, behind OpenAI's API or a server that understands it."""
