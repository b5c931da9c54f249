import re
from pathlib import Path

import small_run
from fastapi.testclient import TestClient
from imeval.viewer.browsed import Browsed
from imeval.viewer.filters import Filters
from imeval.viewer.pages.pair import cells
from imeval.viewer.reading import Results
from imeval.viewer.selecting import select
from small_run import ODD_NAME


def test_the_four_cells_leave_out_what_nothing_came_for(browsed: Browsed) -> None:
    selection = select(Results(browsed), Filters())
    found = cells(selection, *browsed.image_sets[0].answers)
    assert [(cell.title, cell.count) for cell in found] == [
        ("Both right", 1),
        ("Good & Co alone right", 2),
        ("Odd & Co alone right", 0),
        ("Both wrong", 0),
    ]
    assert [card.image_id for card in found[1].cards] == [ODD_NAME, "c"]
    assert (found[1].right, found[1].wrong) == (("good/cw",), ("odd/cw",))


def test_a_cell_leads_to_all_its_images(client: TestClient) -> None:
    page = client.get("/pair?a=good/cw&b=odd/cw").text
    address = re.search(r'href="(/images\?[^"]+)">all of them', page[page.index('id="cell2"') :])
    assert address is not None
    assert "<b>2</b> of 5 images" in client.get(address[1].replace("&amp;", "&")).text
    assert "over 3 of 5 images" in page


def test_filters_hold_for_the_cells(client: TestClient) -> None:
    assert "over 1 of 1 images" in client.get("/pair?category=M").text


def test_one_model_makes_no_pair(tmp_path: Path) -> None:
    client = small_run.client(small_run.write(tmp_path, {"good": small_run.GOOD}))
    assert "Two models with answers are needed; there is one." in client.get("/pair").text


def test_a_name_without_answers_is_refused(client: TestClient) -> None:
    assert "address: b: expected &lt;model&gt;/&lt;task&gt;, found &#39;od/cw&#39;" in client.get("/pair?b=od/cw").text
