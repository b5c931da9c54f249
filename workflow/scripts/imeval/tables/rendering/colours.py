"""The colours of small figures on a page: green for an increase, red for a decrease."""

CSS = "span.up { color: #1b7f3b; } span.down { color: #b3261e; }"


def css_class(figure: str) -> str:
    """Return the CSS class of a small figure by its sign: "+1.2" is up, "−1.2" down, "+0.0" even, "(3)" a rank."""
    if figure == "+0.0":
        return "even"
    return {"+": "up", "−": "down"}.get(figure[0], "rank")
