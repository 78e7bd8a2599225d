"""What the pages about the stores say of requests, policies and options, is what happens."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from moto.backends import get_backend
from support import pair, token
from waiting import PATIENCE

from binance_creds import Secret, load_credentials, load_many
from binance_creds.providers import Deadline, RawSecret, SourceURI, Unchanged
from binance_creds.providers._options import SCHEMES
from binance_creds.providers._registry import provider_for

pytestmark = pytest.mark.unmeasured

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "stores"
ROW = re.compile(r"^\| ([a-z0-9, ]+) \| ((?:[\d,]+ `\w+`(?:, )?)+) \|", re.MULTILINE)
BLOCK = re.compile(r"^```(json|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
MANY = 1000
PAGES = {
    "aws": "aws-sm",
    "azure": "azure-kv",
    "gcp": "gcp-sm",
}


def page(name: str) -> str:
    return (HOWTO / f"{name}.md").read_text()


def told(name: str) -> dict[str, Counter[str]]:
    """Return the requests that a page's table tells, for each row."""
    return {
        what: Counter(
            {name: int(n.replace(",", "")) for n, name in re.findall(r"([\d,]+) `(\w+)`", cell)}
        )
        for what, cell in ROW.findall(page(name))
    }


def wrapped(fields: dict[str, str]) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def provider(source: str):
    return provider_for(SourceURI.parse(source))


class TestAws:
    @pytest.fixture
    def shop(self, open_shop):
        return open_shop("aws-sm")

    def counted(self, shop, call) -> Counter[str]:
        with shop.proxy.counting() as requests:
            call()
        return Counter(request.rpartition(".")[2] for request in requests)

    def test_the_table_of_the_page(self, shop) -> None:
        shop.put("bot/table", pair())
        source, known = shop.source("bot/table"), None

        def load() -> None:
            nonlocal known
            known = load_credentials(source, fresh=True).version

        def refresh(kind: type) -> None:
            assert isinstance(provider(source).fetch(Deadline(PATIENCE), known_version=known), kind)

        counted = {
            "first load": self.counted(shop, load),
            "load": self.counted(shop, load),
            "probe": self.counted(shop, lambda: provider(source).probe(Deadline(PATIENCE))),
            "unchanged refresh": self.counted(shop, lambda: refresh(Unchanged)),
        }
        shop.put("bot/table", pair())
        counted["changed refresh"] = self.counted(shop, lambda: refresh(RawSecret))
        counted["1,000 secrets"] = self.counted(shop, lambda: self.load_many(shop))
        assert counted == told("aws")

    def load_many(self, shop) -> None:
        names = [f"table/{number}" for number in range(MANY)]
        herd = get_backend("secretsmanager")["123456789012"][shop.region]
        for name in names:  # without a request each
            herd._add_secret(name, secret_string=json.dumps(pair()))
        assert len(load_many({name: shop.source(name) for name in names})) == MANY

    def test_the_policy_of_the_page_allows_what_is_asked_and_no_more(self, shop) -> None:
        statements = {
            statement["Sid"]: statement
            for statement in json.loads(BLOCK.findall(page("aws"))[0][1])["Statement"]
        }
        name = f"bot/{token()[:12]}"
        it = provider(shop.source(name))
        known = None

        def store() -> None:
            nonlocal known
            known = it.store(wrapped(pair()), Deadline(PATIENCE), expected_version=known)

        def erase() -> None:
            it.erase(Deadline(PATIENCE), expected_version=known)

        stored = self.counted(shop, store) + self.counted(shop, store)
        many = {n: shop.source(n) for n in (f"{name}-2", f"{name}-3")}
        for one in many:  # whose label has not moved: moto's batches do not follow it
            shop.put(one, pair())
        asked = {
            "Load": self.counted(shop, lambda: it.fetch(Deadline(PATIENCE)))
            + self.counted(shop, lambda: it.fetch_previous(Deadline(PATIENCE))),
            "Watch": self.counted(shop, lambda: it.probe(Deadline(PATIENCE))),
            "LoadMany": self.counted(shop, lambda: load_many(many)),
            "Store": stored,
            "Erase": self.counted(shop, erase),
        }
        for sid, requests in asked.items():
            allowed = statements.pop(sid)["Action"]
            allowed = {allowed} if isinstance(allowed, str) else set(allowed)
            assert allowed == {f"secretsmanager:{action}" for action in requests}, sid
        assert not statements

    def test_every_policy_of_the_page_is_json(self) -> None:
        policies = [json.loads(text) for kind, text in BLOCK.findall(page("aws")) if kind == "json"]
        assert [p["Version"] for p in policies] == ["2012-10-17"] * 3


@pytest.mark.parametrize("scheme", ["azure-kv", "gcp-sm"])
def test_a_store_without_a_batch_is_asked_for_each_secret(scheme, open_shop) -> None:
    """As often as the row of a thousand says."""
    shop = open_shop(scheme)
    names = [f"herd-{number}" for number in range(20)]
    for name in names:
        shop.put(name, pair())
    load_credentials(shop.source(names[0]))
    with shop.proxy.counting() as requests:
        assert len(load_many({n: shop.source(n) for n in names}, fresh=True)) == len(names)
    row = re.search(r"^\| 1,000 secrets \| ([^|]+)\|", page(shop.extra), re.MULTILINE)
    numbers = [float(n.replace(",", "")) for n in re.findall(r"\b\d[\d,]*\b", row[1])]
    assert sum(numbers) == MANY * len(requests) / len(names)


def gcp_method(request: str) -> str:
    return "AccessSecretVersion" if ":access" in request else "GetSecretVersion"


def test_the_table_of_the_gcp_page(open_shop) -> None:
    """A service account's token is signed here, so that the first load is as any other."""
    shop = open_shop("gcp-sm")
    source = shop.source("bot")
    calls = {
        "first load": lambda it: it.fetch(Deadline(PATIENCE)),
        "load": lambda it: it.fetch(Deadline(PATIENCE)),
        "probe": lambda it: it.probe(Deadline(PATIENCE)),
        "unchanged refresh": lambda it: it.fetch(Deadline(PATIENCE), known_version="1"),
        "changed refresh": lambda it: it.fetch(Deadline(PATIENCE), known_version="1"),
    }
    shop.put("bot", pair())
    rows = told("gcp")
    assert rows.pop("1,000 secrets") == {"AccessSecretVersion": MANY, "GetSecretVersion": MANY}
    assert rows.keys() == calls.keys()
    for what, call in calls.items():
        if what == "changed refresh":
            shop.put("bot", pair())
        with shop.proxy.counting() as requests:
            call(provider(source))
        assert Counter(map(gcp_method, requests)) == rows[what], what


def options_of(scheme: str) -> set[str]:
    found = SCHEMES[scheme]
    return {*found.options.split(), *found.named}


@pytest.mark.parametrize(("name", "scheme"), PAGES.items())
def test_a_page_names_every_option_and_none_besides(name, scheme) -> None:
    section = page(name).partition("## The URI")[2].partition("\n## ")[0]
    table = section.partition("| option | meaning |")[2].partition("\n\n")[0]
    options = options_of(scheme)
    assert set(options) == set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


@pytest.mark.parametrize(
    ("scheme", "heading"),
    [
        ("aws-sm", "aws-sm"),
        ("azure-kv", "azure-kv"),
        ("gcp-sm", "gcp-sm"),
        ("vault", "vault and openbao"),
    ],
)
def test_the_reference_names_every_option_and_none_besides(scheme, heading) -> None:
    text = (HOWTO.parents[1] / "reference" / "sources.md").read_text()
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    line = re.search(r"^Options: (.*)\.$", section, re.MULTILINE)
    options = options_of(scheme)
    assert set(options) == set(re.findall(r"`(\w+)`", line[1]))
    page = re.search(r"\(\.\./howto/stores/(\w+\.md)\)", section)[1]
    assert page in {"aws.md", "azure.md", "gcp.md", "vault.md"}


SOURCE = re.compile(r"`((?:aws-sm|azure-kv|gcp-sm|vault|openbao):[^`\s]+/[^`\s]+)`")


@pytest.mark.parametrize("name", PAGES)
def test_every_source_that_a_page_shows_is_one(name, machine) -> None:
    """Its provider takes it; nothing is asked."""
    sources = SOURCE.findall(page(name))
    assert len(sources) >= 4
    for source in sources:
        provider(source)
