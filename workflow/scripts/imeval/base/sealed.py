"""JSON objects whose last field is a checksum, so that damage shows.

    {"tag": "5f0c2a...", "usd": 0.25, "crc32": "0f3a91c2"}

It is the CRC-32 of the object without this field.
"""

import json
import re
import zlib
from collections.abc import Collection, Mapping
from typing import Any

DAMAGE = (ValueError, TypeError, RecursionError)
"""What `unsealed` raises for damaged bytes."""

_CHECKSUM = re.compile(rb', "crc32": "([0-9a-f]{8})"}$')


def sealed(record: Mapping[str, Any]) -> bytes:
    """Return a record as a line of JSON, without its line break."""
    text = json.dumps(record).encode()
    return text.removesuffix(b"}") + b', "crc32": "%08x"}' % zlib.crc32(text)


def unsealed(line: bytes, known: Collection[str]) -> dict[str, Any]:
    """Return the record of a line.

    Lines of earlier versions have no checksum. Fields that a later version added are left out.

    Args:
        line: what `sealed` made.
        known: the names of the fields.

    Raises:
        ValueError, TypeError, RecursionError: the line is damaged.
    """
    checksum = _CHECKSUM.search(line)
    if checksum:
        line = line[: checksum.start()] + b"}"
        if zlib.crc32(line) != int(checksum[1], 16):
            raise ValueError("its checksum differs")
    content = json.loads(line)
    if not isinstance(content, dict):
        raise TypeError(f"no object but {type(content).__name__}")
    unknown = content.keys() - set(known)
    # Without a checksum an unknown field may as well be damage to a known one.
    if unknown and not checksum:
        raise ValueError(f"unknown field {min(unknown)!r}")
    return {key: content[key] for key in content if key in known}
