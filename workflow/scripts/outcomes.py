"""Count what came of a second annotation pass (Figure 7)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.annotation import page
from imeval.annotation.agreement import agreements
from imeval.annotation.contract import Decisions, Disputes, ImageOutcomes, Outcomes, Proposals, Resolved
from imeval.annotation.outcomes import by_image, outcomes, read_published, review
from imeval.base import parquet
from imeval.base.files import replacing
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.labels.contract import Labels
from imeval.labels.equivalence import group_of, read_equivalence
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    inputs: Mapping[str, str],
    compared: str | None,
    confidence: float,
    titles: Mapping[str, str],
    named: Mapping[str, str],
    class_list: Sequence[str],
    names: Mapping[str, str],
    output: Mapping[str, str],
) -> None:
    """Write the outcomes, as Parquet, CSV and a page.

    Args:
        inputs: decisions, resolved, disputes, proposals, labels, equivalence and published.
        compared: the source that has the paper's numbers beside it, if any.
        confidence: the level of the intervals.
        titles: the titles of the sources.
        named: image_set and label_set, the titles of what is under review.
        class_list: the class list of the images, as in `class_lists.of_job`.
        names: the class names that the image set replaces, by class id.
        output: the files to write: table, csv, html, and images, with what came of each.
    """
    decided, resolved = parquet.read(inputs["decisions"], Decisions), parquet.read(inputs["resolved"], Resolved)
    disputed, labels = parquet.read(inputs["disputes"], Disputes), parquet.read(inputs["labels"], Labels)
    classes = class_lists.of_job(class_list)
    groups = classes.groups if class_list else read_equivalence(inputs["equivalence"])
    reviewed = review(disputed, decided, labels, group_of(groups))
    published = {compared: read_published(inputs["published"])} if compared else {}
    proposed = parquet.read(inputs["proposals"], Proposals)
    found = outcomes(reviewed, proposed, published, confidence)
    parquet.write(output["table"], Outcomes, found)
    parquet.write(output["images"], ImageOutcomes, by_image(reviewed[""], proposed, labels))
    with replacing(output["csv"]) as partial:
        found.write_csv(partial)
    facts: dict[str, Any] = {**named, "confidence": f"{100 * confidence:g} %", "reviewed": len(disputed)}
    facts |= {"people": sorted(set(decided["annotator"])), "decided": len(reviewed[""])}
    disagreeing = page.disagreements(decided, resolved, renamed(classes.names, names))
    with replacing(output["html"]) as partial:
        partial.write_text(page.to_html(found, agreements(decided), disagreeing, titles, facts), encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            inputs={key: path for key, path in snakemake.input.items() if key != "class_list"},
            compared=snakemake.params.compared,
            confidence=snakemake.params.confidence,
            titles=snakemake.params.titles,
            named=snakemake.params.named,
            class_list=snakemake.input.class_list,
            names=snakemake.params.names,
            output=dict(snakemake.output.items()),
        )
