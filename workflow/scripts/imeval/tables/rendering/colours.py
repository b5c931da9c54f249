"""The colours of changes: increases green, decreases red."""

CSS = "span.up { color: #1b7f3b; } span.down { color: #b3261e; }"


def css_class(figure: str) -> str:
    """Return the CSS class of a small figure.

    It is "up" for "+1.2", "down" for "−1.2", "even" for "+0.0", and "rank" for a rank "(3)" or half of an interval
    "±0.25".
    """
    if figure == "+0.0":
        return "even"
    return {"+": "up", "−": "down"}.get(figure[0], "rank")
