"""A bound on what a download may write to the disk."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let this process and its children write no file of more bytes.

    A server that sends more than it should then causes an OSError, "File too large", and cannot fill the disk.
    """
    before, highest = resource.getrlimit(resource.RLIMIT_FSIZE)
    known = [limit for limit in (size, before) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(known), highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, highest))
