import re

from fastapi.testclient import TestClient


def cells(page: str, name: str) -> list[str]:
    """Return the texts of the cells of the row that begins with a name."""
    row = next(row for row in re.findall(r"<tr>(.*?)</tr>", page, re.S) if name in row)
    return [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.S)]


def test_every_class_has_its_images_and_mean_recall(client: TestClient) -> None:
    page = client.get("/classes").text
    # Recall is over images with exactly one label: "a" of the rooster, "b" of the hen.
    assert cells(page, ">rooster<") == ["7", "rooster", "5", "2", "100.0"]
    assert cells(page, ">hen<") == ["8", "hen", "0", "2", "50.0"]
    assert cells(page, ">ostrich<") == ["9", "ostrich", "0", "0", "–"]


def test_classes_are_found_by_a_part_of_their_name(client: TestClient) -> None:
    assert client.get("/classes?class=shark").text.count("<tr>") == 1 + 3


def test_a_class_has_each_model_s_recall_and_confusions(client: TestClient) -> None:
    page = client.get("/class?class=hen").text
    good, odd = (" ".join(cells(page, f"{name} &amp; Co")) for name in ("Good", "Odd"))
    assert "100.0 1/1" in good
    # Its other image has two labels, and one of them is right.
    assert "rooster" not in good
    assert "0.0 0/1" in odd
    assert "rooster 1" in odd


def test_a_confusion_leads_to_its_images(client: TestClient) -> None:
    page = client.get("/class?class=8").text
    row = next(row for row in re.findall(r"<tr>(.*?)</tr>", page, re.S) if "Odd" in row)
    address = re.search(r'href="(/images\?[^"]*)">rooster', row)
    assert address is not None
    assert "<b>1</b> of 5 images" in client.get(address[1].replace("&amp;", "&")).text


def test_a_name_of_several_classes_is_a_list_of_them(client: TestClient) -> None:
    assert "hammerhead" in client.get("/class?class=shark").text
