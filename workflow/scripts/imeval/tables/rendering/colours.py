"""The colours of changes: increases green, decreases red."""

CSS = "span.up { color: #1b7f3b; } span.down { color: #b3261e; }"


def css_class(figure: str) -> str:
    """Return the CSS class of a small figure.

    "+1.2" is up, "−1.2" down and "+0.0" even; a rank such as "(3)" and half of an interval such as "±0.25" are `rank`.
    """
    if figure == "+0.0":
        return "even"
    return {"+": "up", "−": "down"}.get(figure[0], "rank")
