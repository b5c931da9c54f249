"""The template of the page of a run, and its style."""

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; padding: 0 1.5rem;
  max-width: 80rem; }
h1 { font-size: 1.45rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
p { max-width: 60rem; margin: .4rem 0; }
p.sets { color: #555; }
p.note { color: #555; font-size: .88em; }
nav { margin: .6rem 0 0; }
nav a { margin-right: 1rem; white-space: nowrap; }
a { color: #0b57a4; }
section { border-top: 1px solid #ccc; margin-top: 1.6rem; padding-top: 1rem; }
small { color: #555; font-size: .78em; font-weight: normal; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .9rem .2rem 0; text-align: left; font-weight: normal; vertical-align: top; white-space: nowrap;
  border-bottom: 1px solid #e3e3e3; }
thead th { font-weight: 600; border-bottom: 1px solid #1a1a1a; vertical-align: bottom; }
tr.over th { border-bottom: none; text-align: center; color: #555; }
td.number, th.number { text-align: right; }
td.number { line-height: 1.25; }
th.text, td.text { white-space: normal; min-width: 16rem; overflow-wrap: anywhere; }
tbody th { position: sticky; left: 0; background: #fff; }
.best { font-weight: 600; }
.change { color: #1a5a8a; }
h3 { font-size: .95rem; margin: 0 0 .4rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); gap: 1.5rem 2rem; }
img.figure { width: 100%; max-width: 32rem; height: auto; display: block; }
details.gallery { margin: .5rem 0; }
details.gallery > summary { font-weight: 600; padding: .2rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem;
  margin: .6rem 0 1rem; }
figure { margin: 0; font-size: .85em; line-height: 1.35; min-width: 0; }
figure img { display: block; max-width: 100%; height: 9.5rem; object-fit: contain; object-position: left;
  margin-bottom: .3rem; }
figcaption > b, figcaption span { display: block; overflow-wrap: anywhere; }
figcaption > b { font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.right { color: #12602b; } .wrong { color: #a11a1a; } .none { color: #6b5500; }
figcaption summary { color: #555; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; font-size: .9em; }
dt { font-weight: 600; } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
@media (max-width: 600px) {
  body { margin: 1rem auto; padding: 0 .8rem; }
  .pictures { grid-template-columns: 1fr 1fr; gap: .8rem; }
  tbody th { position: static; white-space: normal; min-width: 7rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
}
"""

# File names, titles and answers are untrusted: all are escaped, and the policy forbids to load or run anything.
PAGE = """{% macro judged(answer) %}<span class="{{ answer.verdict }}" title="{{ answer.text }}">\
{{ answer.mark }} {{ answer.who }}: {{ answer.what }}</span>{% endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>imeval: {{ title }}</title>
<style>{{ style | safe }}</style>
</head>
<body>
<header>
<h1>{{ title }}</h1>
<p class="sets">Labels: {{ c.labels }}. Images: {% for set in c.record.images.values() %}
{{ set.title }} ({{ "{:,}".format(set["images"]) }}\
{% if set.broken %}, {{ set.broken }} more left out because they cannot be decoded{% endif %})\
{{ "; " if not loop.last else "." }}{% endfor %}</p>
<nav>{% for id, text in sections %}<a href="#{{ id }}">{{ text }}</a> {% endfor %}</nav>
</header>

{% for table in c.shown %}
<section{% if loop.first %} id="numbers"{% endif %}>
<h2>{{ table.number }}. {{ table.title }}</h2>
<div class="wide"><table>
<thead>
{% if table.grid.labels | select | list %}<tr class="over"><th></th><th></th>
{% for title, width in table.grid.spans %}<th colspan="{{ width }}">{{ title }}</th>{% endfor %}</tr>{% endif %}
<tr><th scope="col">Model</th><th scope="col">Task</th>
{% for heading in table.grid.headings %}<th scope="col" class="number">{{ heading }}</th>{% endfor %}</tr></thead>
<tbody>
{% for model, task, cells in table.grid.rows %}
<tr><th scope="row">{{ model }}</th><td>{{ task }}</td>
{% for cell in cells %}<td class="number" title="{{ cell.basis }}">\
<span{% if cell.best %} class="best"{% endif %}>{{ cell.value }}</span>\
{% if cell.rank %} <small>{{ cell.rank }}</small>{% endif %}\
{% if cell.interval %}<br><small>{{ cell.interval }}</small>{% endif %}\
{% if cell.change %}<br><small class="change">{{ cell.change }}</small>{% endif %}\
{% if cell.change_interval %}<br><small class="change">{{ cell.change_interval }}</small>{% endif %}</td>
{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
</section>
{% endfor %}
<p class="note">All numbers are in percent. Below a number: its interval ({{ confidence }}), and then its change in
percentage points (from the original labels, or from the closed world) with the interval of the change. In parentheses:
the rank. Bold: the best. A is all images, A−N those with a label. The categories: one label (S), several (M) or none
(N), with the original label among them (+) or not (−).</p>

{% if c.figures %}
<section id="figures">
<h2>Figures</h2>
<div class="figures">
{% for figure in c.figures %}
<div>
{% if figure.picture %}<img class="figure" src="{{ figure.picture }}" alt="{{ figure.text }}">
{% else %}<h3>{{ figure.title }}</h3>{% endif %}
<p class="files">{% for ending, link in figure.files.items() %}<a href="{{ link }}">{{ ending }}</a> {% endfor %}</p>
</div>
{% endfor %}
</div>
</section>
{% endif %}

{% if galleries %}
<section id="galleries">
<h2>The images</h2>
<p class="note">A model is right here if its class is admissible under {{ c.labels }}; its answer is that of its best
task (its first run). A gallery shows at most {{ most }} images: first those that most models have wrong, and among
equals those that chance (the SHA-256 of the name) puts first.{% if not pictures %} Without pictures, as no model of
this run needs them here; <code>pictures: include</code> in the configuration adds them.{% else %} Pictures are as the
models see them.{% endif %}</p>
{% for gallery in galleries %}
<details class="gallery"{% if loop.index <= first %} open{% endif %}>
<summary>{{ gallery.question }} <small>{{ "{:,}".format(gallery.found) }}\
{% if gallery.found > gallery.shown | length %}, {{ gallery.shown | length }} shown{% endif %}</small></summary>
<div class="pictures">
{% for image in gallery.shown %}
<figure>
{% if image.name in pictures %}<img loading="lazy" src="{{ pictures[image.name] }}" alt="{{ image.name }}">{% endif %}
<figcaption>
<b title="{{ image.name }}">{{ image.name }}</b>
<span>ImGT {{ image.original }}</span>
{% if c.relabelled %}<span>{{ c.labels }} {{ image.labels or "no label" }}
<small>{{ image.category }}</small></span>{% endif %}
{% for answer in image.focus %}{{ judged(answer) }}{% endfor %}
<details><summary>{{ "all answers" if image.focus else "answers" }}</summary>
{% for answer in image.answers %}{{ judged(answer) }}{% endfor %}</details>
</figcaption>
</figure>
{% endfor %}
</div>
</details>
{% endfor %}
{% if without %}<p class="note">No image: {{ without | join("; ") }}.</p>{% endif %}
</section>
{% endif %}

<section id="claims">
<h2>The paper's claims</h2>
{% if c.verdicts is none %}
<p>They are about labels that differ from the original ones, and this run has none.</p>
{% else %}
<p>{{ counted(c.verdict_counts("run")) }} by this run; {{ counted(c.verdict_counts("paper")) }} by the paper's printed
numbers. <a href="claims.html">All of them, with their values</a>.</p>
<div class="wide"><table><thead><tr><th>Claim</th><th>Paper's numbers</th><th>This run</th></tr></thead><tbody>
{% for verdict in c.verdicts %}
<tr><th scope="row" class="text">{{ verdict.statement }}</th><td>{{ verdict.paper }}</td><td>{{ verdict.run }}</td></tr>
{% endfor %}</tbody></table></div>
{% endif %}
</section>

<section id="failures">
<h2>What failed</h2>
{% if c.lacking %}
<div class="wide"><table><thead><tr><th>Model</th><th>Task</th><th>Images</th><th class="number">asked</th>
{% for word in c.lacking[0].counts %}<th class="number">{{ word }}</th>{% endfor %}</tr></thead><tbody>
{% for one in c.lacking %}
<tr><th scope="row">{{ one.title }}</th><td>{{ one.task }}</td><td>{{ one.images }}</td>
<td class="number">{{ "{:,}".format(one.asked) }}</td>
{% for count in one.counts.values() %}<td class="number">{{ "{:,}".format(count) }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
<p class="note">Failed: nothing came from the model; the next run asks again. All others are the model's results and
count as wrong.</p>
{% else %}
<p>Nothing: every model answered about every image.</p>
{% endif %}
{% for sentence in c.left_out %}<p>Left out: {{ sentence }}</p>{% endfor %}
</section>

<section id="money">
<h2>What it cost</h2>
{% if c.bills %}
<p>${{ "{:,.2f}".format(c.usd) }} in all, with every earlier run\
{% if c.unpriced %}; unknown, without prices: {{ c.unpriced | join(", ") }}{% endif %}.</p>
<div class="wide"><table><thead><tr><th>Model</th><th>Task</th><th class="number">answers</th>
<th class="number">input tokens</th><th class="number">output tokens</th><th class="number">$</th>
<th class="number">at most lost, $</th></tr></thead><tbody>
{% for bill in c.bills %}
<tr><th scope="row">{{ bill.title }}</th><td>{{ bill.task }}</td>
{% for count in (bill.answers, bill.input_tokens, bill.output_tokens) %}
<td class="number">{{ "{:,}".format(count) }}</td>{% endfor %}
{% for usd in (bill.usd, bill.lost_usd) %}
<td class="number">{{ "unknown" if usd is none else "{:,.2f}".format(usd) }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% else %}
<p>$0: no model behind an API is part of this run.</p>
{% endif %}
</section>

<section id="made">
<h2>What it was made from</h2>
<div class="wide"><table><thead><tr><th>Model</th><th>Group</th><th>Backend</th><th>Revision</th></tr></thead><tbody>
{% for model in c.models %}
<tr><th scope="row">{{ model.title }}</th><td>{{ model.group }}</td><td>{{ model.backend }}</td>
<td class="text">{% for line in model.revision %}{{ line }}<br>{% else %}no weights{% endfor %}</td></tr>
{% endfor %}</tbody></table></div>
<dl>
<dt>Code</dt><dd>imeval {{ text(c.record.code.version) }}, commit {{ text(c.record.code.commit) }}</dd>
<dt>Images</dt><dd>{% for name, set in c.record.images.items() %}{{ set.title }} ({{ name }}): {{ set["images"] }}\
{% if set.get("sha256") %}, SHA-256 <code>{{ text(set.sha256) }}</code>{% endif %}<br>{% endfor %}</dd>
<dt>Labels</dt><dd>{% for set in c.record.labels %}{{ set.title }} ({{ set.labels }}) of {{ set.image_set }}: SHA-256
 <code>{{ text(set.sha256) }}</code><br>{% endfor %}</dd>
<dt>Seeds</dt><dd>{% for name, seed in c.record.seeds.items() %}{{ name }} = {{ text(seed) }}<br>\
{% else %}nothing is drawn{% endfor %}</dd>
<dt>Hardware</dt><dd>{% for name, machines in c.record.hardware.items() %}{{ name }}: {% for machine in machines %}\
{{ text(machine.gpus + [machine.processor]) }}{{ "; " if not loop.last }}{% endfor %}<br>{% endfor %}</dd>
<dt>Packages</dt><dd>{% for name, version in c.record.packages.items() %}{{ name }} {{ text(version) }}\
{{ ", " if not loop.last }}{% endfor %}</dd>
<dt>All of it</dt><dd><a href="provenance.json">provenance.json</a>; each table's page has what that table was made
from</dd>
</dl>
</section>

<section id="files">
<h2>All tables and figures</h2>
<div class="wide"><table><tbody>
{% for table in c.tables %}
<tr><th scope="row">{{ table.number }}</th><td class="text">{{ table.title }}</td><td>\
{% for ending, link in table.files.items() %}<a href="{{ link }}">{{ ending }}</a> {% endfor %}</td></tr>
{% endfor %}
{% for figure in c.figures %}
<tr><th scope="row">Figure</th><td class="text">{{ figure.title }}</td><td>\
{% for ending, link in figure.files.items() %}<a href="{{ link }}">{{ ending }}</a> {% endfor %}</td></tr>
{% endfor %}
</tbody></table></div>
</section>
</body>
</html>
"""
