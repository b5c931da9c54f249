import re
from dataclasses import replace
from pathlib import Path

import pytest
import small_run
from fastapi.testclient import TestClient

HEAD = "table,model,title,group,task,labels,category,metric,value,image_set,label_set"
LINES = [
    "table3,odd,Odd & Co,mllm,cw,imgt,A,accuracy,66.666,four photographs,small labels",
    "table3,odd,Odd & Co,mllm,cw,regt,S-,accuracy,0.0,four photographs,small labels",
    "table3,odd,Odd & Co,mllm,cw,regt,A,oop_rate,25.0,four photographs,small labels",
    "table3,odd,Odd & Co,mllm,cw,regt,A,oop_abstain,,four photographs,small labels",
    "table3,odd,Odd & Co,mllm,cw,regt,A,recall_8,0.0,four photographs,small labels",
]


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    path, plain = tmp_path / "table3.csv", tmp_path / "table1.csv"
    path.write_text("\n".join([HEAD, *LINES]))
    plain.write_text("Category,Definition\nN,<b>none</b>\n")
    tables = {"table3": str(path), "table1": str(plain), "table9": str(tmp_path / "none.csv")}
    return small_run.client(replace(small_run.write(tmp_path), tables=tables))


def test_the_tables_that_exist_are_listed(client: TestClient) -> None:
    page = client.get("/tables").text
    assert "table3" in page
    assert "table9" not in page
    assert "did you mean &#39;table3&#39;?" in client.get("/tables?table=table33").text


def test_every_number_leads_to_its_images(client: TestClient) -> None:
    page = client.get("/tables?table=table3").text
    links = dict(re.findall(r'href="(/images[^"]*)">([^<]+)</a></td>', page))
    assert list(links.values()) == ["66.67", "0.00", "25.00", "–", "0.00"]
    addresses = [address.replace("&amp;", "&") for address in links]
    assert addresses[1] == "/images?images=small&labels=regt&category=S-&task=cw&model=odd"
    counts = [re.search(r"<b>(\d+)</b> of", client.get(address).text)[1] for address in addresses]
    assert counts == ["4", "1", "1", "0", "2"]


def test_a_number_of_a_file_leads_to_its_images(client: TestClient) -> None:
    of = {"model": "odd", "task": "cw", "metric": "accuracy", "labels": "regt", "category": "S-"}
    found = client.get("/value", params={"table": "table3", **of}, follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (
        307, "/images?images=small&labels=regt&category=S-&task=cw&model=odd",
    )  # fmt: skip
    gone = client.get("/value", params={"table": "table3", **of, "model": "good"})
    assert "expected a value of the table, found good, cw, accuracy, regt, S-" in gone.text
    assert "found &#39;table9&#39;" in client.get("/value", params={"table": "table9"}).text


def test_a_table_of_words_is_shown_as_it_is(client: TestClient) -> None:
    assert "&lt;b&gt;none&lt;/b&gt;" in client.get("/tables?table=table1").text
