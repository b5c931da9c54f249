import json
from dataclasses import replace
from pathlib import Path

import pytest
from imeval.asking.exchange import Response
from imeval.asking.prices import Prices
from imeval.asking.spending import Account, Spending, added, spent
from imeval.asking.store import open_store
from imeval.base.errors import UserError

GPT_4O = Prices(input=2.50, cached_input=1.25, output=10.00, batch_discount=0.5)


def answer(key: str, cached: int = 0, batched: bool = False) -> Response:
    return Response(
        key, "ok", "hen", "stop", input_tokens=1000, output_tokens=10, cached_tokens=cached, batched=batched
    )


def test_what_was_spent_is_summed_by_task_over_all_shards(tmp_path: Path) -> None:
    with open_store(tmp_path, "cw-00000-of-00002-demo") as store:
        store.append(answer("a"))
        store.append(Response("x", "error", error="HTTP 500"))
    with open_store(tmp_path, "cw-00001-of-00002") as store:
        store.append(answer("b", cached=512))
    with open_store(tmp_path, "ow-00000-of-00001") as store:
        store.append(answer("c", batched=True))
        store.append(Response("d", "refused", stop_reason="refusal", input_tokens=1000, output_tokens=10))
    assert spent(tmp_path, GPT_4O) == {
        "cw": {
            "answers": 2,
            "input_tokens": 2000,
            "cached_input_tokens": 512,
            "output_tokens": 20,
            "reasoning_tokens": 0,
            "usd": round(2 * 0.0026 - 512 * 1.25e-6, 4),
            "lost_usd": 0.0,
        },
        "ow": {
            "answers": 2,
            "input_tokens": 2000,
            "cached_input_tokens": 0,
            "output_tokens": 20,
            "reasoning_tokens": 0,
            "usd": round(0.0013 + 0.0026, 4),
            "lost_usd": 0.0,
        },
    }


def test_thoughts_are_counted_and_an_answer_that_nobody_can_use_costs_as_well(tmp_path: Path) -> None:
    with open_store(tmp_path, "cw-00000-of-00001") as store:
        store.append(Response("a", "ok", "hen", input_tokens=0, output_tokens=1000, reasoning_tokens=900))
        store.append(Response("b", "error", error="content that is no text", output_tokens=500))
    with open(tmp_path / "cw-00000-of-00001.jsonl", "ab") as file:
        file.write(b'{"damaged\n5\n')
    assert spent(tmp_path, GPT_4O)["cw"] == {
        "answers": 1, "input_tokens": 0, "cached_input_tokens": 0, "output_tokens": 1500, "reasoning_tokens": 900,
        "usd": 0.015, "lost_usd": 0.0,
    }  # fmt: skip


def test_without_a_store_nothing_was_spent(tmp_path: Path) -> None:
    assert spent(tmp_path / "none", GPT_4O) == {}
    assert Spending(tmp_path / "none", GPT_4O).usd() == 0.0


def test_spending_follows_the_store_line_by_line(tmp_path: Path) -> None:
    spending = Spending(tmp_path, GPT_4O)
    with open_store(tmp_path, "cw") as store:
        store.append(answer("a"))
        assert spending.usd() == pytest.approx(0.0026)
        assert spending.usd() == pytest.approx(0.0026)
        store.append(answer("b"))
        assert spending.usd() == pytest.approx(0.0052)


def test_a_line_that_is_being_written_counts_when_it_is_whole(tmp_path: Path) -> None:
    spending = Spending(tmp_path, GPT_4O)
    line = json.dumps({"request_key": "a", "status": "ok", "text": "hen", "input_tokens": 1000, "output_tokens": 10})
    (tmp_path / "cw.jsonl").write_text(line[:30])
    assert spending.usd() == 0.0
    (tmp_path / "cw.jsonl").write_text(line + "\n")
    assert spending.usd() == pytest.approx(0.0026)


def test_only_responses_added_since_some_sizes_are_counted(tmp_path: Path) -> None:
    with open_store(tmp_path, "cw-00000-of-00001") as store:
        store.append(answer("a"))
        sizes = {str(tmp_path / "cw-00000-of-00001.jsonl"): (tmp_path / "cw-00000-of-00001.jsonl").stat().st_size}
        store.append(answer("b"))
        store.append(Response("c", "error", error="HTTP 500"))
    statuses, usd = added(tmp_path, sizes, GPT_4O)
    assert statuses == {"ok": 1, "error": 1}
    assert usd == pytest.approx(0.0026)
    assert added(tmp_path, sizes, None)[1] is None


def test_an_answer_that_one_batch_gave_to_two_jobs_counts_once(tmp_path: Path) -> None:
    spending = Spending(tmp_path, GPT_4O)
    with open_store(tmp_path, "cw-00000-of-00001") as store:
        store.append(replace(answer("a", batched=True), batch="batch-1"))
        assert spending.usd() == pytest.approx(0.0013)
    sizes = {str(path): path.stat().st_size for path in tmp_path.glob("*.jsonl")}
    with open_store(tmp_path, "cw.batch_1-00000-of-00001") as store:
        store.append(replace(answer("a", batched=True), batch="batch-1"))
        store.append(replace(answer("b", batched=True), batch="batch-1"))
        # The same request in another batch, and asked directly, was paid for again.
        store.append(replace(answer("a", batched=True), batch="batch-2"))
        store.append(answer("a"))
    assert spending.usd() == pytest.approx(3 * 0.0013 + 0.0026)
    assert {task: row["answers"] for task, row in spent(tmp_path, GPT_4O).items()} == {"cw": 1, "cw.batch_1": 3}
    statuses, usd = added(tmp_path, sizes, GPT_4O)
    assert statuses == {"ok": 3}
    assert usd == pytest.approx(2 * 0.0013 + 0.0026)


def test_of_earlier_versions_the_number_of_the_attempt_stands_for_the_batch(tmp_path: Path) -> None:
    first = answer("a", batched=True)
    for task, responses in {"cw": [first], "ow": [first, replace(first, attempts=2)]}.items():
        with open_store(tmp_path, task) as store:
            for response in responses:
                store.append(response)
    assert Spending(tmp_path, GPT_4O).usd() == pytest.approx(2 * 0.0013)


@pytest.mark.parametrize(
    "damage", [b"\x00" * 40, b"null", b'{"request_key": "b", "status": "ok"', b"\xff\xfe", b"[" * 9999]
)
def test_a_damaged_line_stops_no_count(tmp_path: Path, damage: bytes) -> None:
    with open_store(tmp_path, "cw") as store:
        store.append(answer("a"))
    with open(tmp_path / "cw.jsonl", "ab") as file:
        file.write(damage + b"\n")
    with open_store(tmp_path, "cw") as store:
        store.append(answer("b"))
    assert Spending(tmp_path, GPT_4O).usd() == pytest.approx(0.0052)
    assert spent(tmp_path, GPT_4O)["cw"]["answers"] == 2
    assert added(tmp_path, {}, GPT_4O)[0] == {"ok": 2}


def test_an_account_adds_up_a_jobs_responses_in_words(tmp_path: Path) -> None:
    account = Account("m", tmp_path, Prices(2500.0, 10_000.0), None)
    assert account.add(answer("a")) == answer("a")
    assert account.in_words() == "2.60 dollars so far"
    assert Account("m", tmp_path, None, None).in_words() == "dollars unknown without prices"


def test_a_request_that_could_pass_the_limit_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path, "cw") as store:
        store.append(answer("a"))
    account = Account("gpt", tmp_path, GPT_4O, 0.01)
    account.require(under_way=0.0050, usd=0.0020)
    with pytest.raises(UserError) as caught:
        account.require(under_way=0.0050, usd=0.0030)
    assert str(caught.value) == (
        "model gpt: max_usd: expected at most $0.01, found $0.0026 spent, $0.0050 under way and up to $0.0030 for the "
        "next; raise max_usd to go on; every answer so far is kept"
    )


def test_without_a_limit_every_request_is_allowed(tmp_path: Path) -> None:
    account = Account("gpt", tmp_path, None, None)
    account.require(under_way=1e9, usd=1e9)
    assert not account.limited


def test_a_limit_without_prices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="model gpt: max_usd: expected prices beside it, found none"):
        Account("gpt", tmp_path, None, 1.0)
