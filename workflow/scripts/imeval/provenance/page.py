"""A record as HTML that a click opens."""

import json

from jinja2 import Environment

from imeval.provenance.record import Record, hash_part

STYLE = """
details.made { margin: 0 0 1rem; max-width: 60rem; color: #333; font-size: .9em; }
details.made summary { cursor: pointer; }
details.made dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: .75rem 0 0;
  padding: .75rem 1rem; border: 1px solid #ddd; }
details.made dt { font-weight: 600; }
details.made dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
details.made table { border: none; }
details.made th, details.made td { padding: 0 1.2rem 0 0; white-space: normal; vertical-align: top; }
details.made th { color: #555; }
details.made td:first-child { white-space: nowrap; }
details.made code, details.made pre { font-size: .9em; overflow-wrap: anywhere; white-space: pre-wrap; }
"""

_PAGE = """
<details class="made">
<summary>{{ summary }}</summary>
<dl>
<dt>Code</dt><dd>imeval {{ code.version or "without a version" }}, {{ commit }};
 SHA-256 of the code of its {{ code.rules | length }} rules <code>{{ code.rules | hash }}</code></dd>
<dt>Images</dt><dd>{% for set in images.values() %}
{{ set.title }}: {{ set["images"] }} images, {{ set.broken }} broken left out;
{% if set.sha256 %} SHA-256 over the names and hashes of all <code>{{ set.sha256 }}</code>
{% else %} no picture was needed{% endif %}<br>
{% endfor %}</dd>
<dt>Labels</dt><dd>{% for set in labels %}
{{ set.title }} ({{ set.labels }}) of {{ set.image_set }}: SHA-256 <code>{{ set.sha256 }}</code>
{% if "decided" in set %}; {{ set.decided.how.values() | sum }} images decided by
{{ set.decided.people | join(", ") }} ({{ set.decided.file }})
{% endif %}<br>
{% endfor %}</dd>
{% if answers %}
<dt>Answers</dt><dd><table>
<tr><th>model</th><th>task</th><th>image set</th><th>images</th><th>answers</th><th>errors</th>\
<th>unreadable</th><th>refusals</th><th>empty</th></tr>
{% for row in answers %}
<tr><td>{{ row.model }}</td><td>{{ row.task }}</td><td>{{ row.image_set }}</td><td>{{ row["images"] }}</td>\
<td>{{ row.answers }}</td><td>{{ row.errors }}</td><td>{{ row.unreadable }}</td><td>{{ row.refusals }}</td>\
<td>{{ row.empty }}</td></tr>
{% endfor %}
</table></dd>
{% endif %}
{% if models %}
<dt>Models</dt><dd><table>
{% for name, model in models.items() %}
<tr><td>{{ name }}</td><td>{% for line in model | revision %}{{ line }}<br>{% endfor %}</td></tr>
{% endfor %}
</table></dd>
{% endif %}
<dt>Seeds</dt><dd>{% for name, seed in seeds.items() %}{{ name }} = {{ seed }}<br>
{% else %}nothing is drawn{% endfor %}</dd>
<dt>Hardware</dt><dd>{% for machine, ran in hardware %}
{{ machine }}: {{ ran }}<br>
{% endfor %}</dd>
<dt>Packages</dt><dd>{% for name, version in packages.items() %}\
{{ name }} {{ version }}{{ ", " if not loop.last }}{% endfor %}</dd>
<dt>Files</dt><dd>{% for path, sha256 in files.items() %}
{{ path }}: SHA-256 <code>{{ sha256 }}</code><br>
{% endfor %}</dd>
<dt>Configuration</dt><dd><details><summary>SHA-256 <code>{{ configuration | hash }}</code></summary>
<pre>{{ configuration | pretty }}</pre></details></dd>
</dl>
</details>
"""


def record_html(record: Record) -> str:
    """Render a record as HTML: a summary line with details below."""
    # Escaped, as titles and paths come from the user and may hold "<" or "&".
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"hash": hash_part, "revision": _revision, "pretty": _pretty}
    commit = f"commit {record['code']['commit']}" if record["code"]["commit"] else "outside of a git checkout"
    return environment.from_string(_PAGE).render(
        record | {"summary": _summary(record), "commit": commit, "hardware": _by_machine(record)}
    )


def _summary(record: Record) -> str:
    """Return the summary line of a record.

    Example: "Made by imeval 0.1.0 at 1f867eb02be9 of 20 images, labels ReGT 0123456789ab".
    """
    images = ", ".join(f"{images['images']} images" for images in record["images"].values())
    labels = ", ".join(f"{labels['title']} {labels['sha256'][:12]}" for labels in record["labels"])
    commit = record["code"]["commit"]
    counts = {key: sum(row[key] for row in record["answers"]) for key in ("answers", "errors", "refusals")}
    answers = f"; {counts['answers']} answers, {counts['errors']} errors, {counts['refusals']} refusals"
    version = f"imeval {record['code']['version'] or ''} {f'at {_shortened(commit)}' if commit else ''}".strip()
    return f"Made by {version} of {images}, labels {labels}{answers if record['answers'] else ''}"


def _shortened(commit: str) -> str:
    """Return a commit with 12 digits and any "-dirty"."""
    digits, _, changed = commit.partition("-")
    return digits[:12] + ("-dirty" if changed else "")


def _revision(model: Record) -> list[str]:
    """Return lines about configured and loaded weights."""
    asked = ", ".join(f"{key} {_plain(value)}" for key, value in model["revision"].items())
    loaded = [
        f"loaded {weights['weights']}: {key} {value}"
        for weights in model["loaded"]
        for key, value in weights.items()
        if key != "weights"
    ]
    preprocessing = [f"preprocessing {line}" for line in model.get("preprocessing", ())]
    return [asked or "needs no weights", *loaded, *preprocessing]


def _plain(value: object) -> str:
    return ", ".join(f"{key}: {part}" for key, part in value.items()) if isinstance(value, dict) else str(value)


def _by_machine(record: Record) -> list[tuple[str, str]]:
    """Return the models of each kind of machine."""
    ran: dict[str, list[str]] = {}
    for model, machines in record["hardware"].items():
        for machine in machines:
            ran.setdefault(", ".join([*machine["gpus"], machine["processor"]]), []).append(model)
    return [(machine, ", ".join(models)) for machine, models in ran.items()]


def _pretty(part: object) -> str:
    return json.dumps(part, indent=1, ensure_ascii=False)
