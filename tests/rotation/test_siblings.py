"""Where a pair waits, and where the old one is kept, for every kind of source."""

from __future__ import annotations

import pytest

from binance_creds import ConfigurationError
from binance_creds.providers import SourceURI
from binance_creds.rotation import kept, staged

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret"


def written(uri: SourceURI) -> str:
    options = "&".join(f"{name}={value}" for name, value in uri.options.items())
    return f"{uri.scheme}:{uri.location}" + (f"?{options}" if options else "")


@pytest.mark.parametrize(
    ("source", "sibling"),
    [
        ("dotenv:.env", "dotenv:.env?prefix=NEXT_BINANCE"),
        ("dotenv:/a/.env?prefix=SUB", "dotenv:/a/.env?prefix=NEXT_SUB"),
        ("file:/run/pair.json", "file:/run/pair-next.json"),
        ("file:/a/.env.prod", "file:/a/.env-next.prod"),
        ("file:/a/.env", "file:/a/.env-next"),
        ("file:/a/bot.env?prefix=SUB", "file:/a/bot-next.env?prefix=SUB"),
        ("file:/run/secrets/binance/", "file:/run/secrets/binance-next"),
        ("file:/a/all.json#live", "file:/a/all-live-next.json"),
        ("file:/a/all.json#a.b", "file:/a/all-2e7336dc-next.json"),
        ("keyring://binance/main", "keyring:binance/main-next"),
        ("keyring://binance", "keyring:binance-next"),
        ("keyring://b?layout=security", "keyring:b-next?layout=security"),
        ("aws-sm://prod/bot?region=eu-west-1", "aws-sm:prod/bot-next?region=eu-west-1"),
        ("aws-sm://Bot?stage=AWSCURRENT&profile=p", "aws-sm:Bot-next?profile=p"),
        (f"aws-sm:{ARN}:prod/bot-a1B2c3", "aws-sm:prod/bot-next?region=eu-west-1"),
        (f"aws-sm:{ARN}:bot?role_arn=r", "aws-sm:bot-next?region=eu-west-1&role_arn=r"),
        ("vault://secret/prod/bot?kv=1", "vault:secret/prod/bot-next?kv=1"),
        ("openbao://secret/bot?namespace=n", "openbao:secret/bot-next?namespace=n"),
        ("gcp-sm://project/bot?location=eu", "gcp-sm:project/bot-next?location=eu"),
        ("gcp-sm:projects/p/secrets/bot", "gcp-sm:projects/p/secrets/bot-next"),
        ("gcp-sm:projects/p/secrets/bot/versions/latest", "gcp-sm:projects/p/secrets/bot-next"),
        ("azure-kv://vault/bot?cloud=china", "azure-kv:vault/bot-next?cloud=china"),
        ("plain:shelf", "plain:shelf-next"),
    ],
)
def test_a_pair_waits_beside_its_source(source, sibling) -> None:
    uri = SourceURI.parse(source)
    assert sibling == written(staged(uri))
    assert kept(uri) not in {uri, staged(uri)}
    assert kept(uri).options.keys() == staged(uri).options.keys()


@pytest.mark.parametrize(
    "source",
    [
        "vault://secret/bot?version=3",
        "azure-kv://vault/bot?version=0a1b",
        "gcp-sm://project/bot?version=7",
        "gcp-sm:projects/p/secrets/bot/versions/7",
        "aws-sm://bot?version_id=0a1b",
        "aws-sm://bot?stage=AWSPREVIOUS",
    ],
)
def test_a_version_that_is_pinned_is_not_rotated(source) -> None:
    with pytest.raises(ConfigurationError, match="names one version"):
        staged(SourceURI.parse(source))


@pytest.mark.parametrize("source", ["env://BINANCE", "memory:x", "command:pass"])
def test_what_cannot_be_written_has_no_sibling(source) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        kept(SourceURI.parse(source))


@pytest.mark.parametrize(
    "start", ["aws-sm:" + "n/" * 200, "azure-kv:vault/", "gcp-sm:project/", "file:/run/"]
)
def test_a_name_that_is_too_long_is_told(start) -> None:
    uri = SourceURI.parse(f"{start}bot")
    fill = {"aws-sm": 512 - 400, "azure-kv": 127, "gcp-sm": 255, "file": 255}[uri.scheme]
    name = ("a-" * fill)[: fill - len("-previous")]
    assert kept(SourceURI.parse(start + name)).location.endswith("-previous")
    with pytest.raises(ConfigurationError, match="no room"):
        kept(SourceURI.parse(f"{start}{name}a"))
