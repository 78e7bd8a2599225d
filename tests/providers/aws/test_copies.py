"""What stays of a secret in the memory of a program that reads it from AWS again and again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import boto3
import pytest
from outside import STOP, stopped, why_not
from support import pair

import binance_creds

REASON = why_not()
CODE = f"""
from binance_creds import load_credentials
live = load_credentials(source, live=True)
{STOP}
for n in range(20): live.refresh(); live.sign(b"%d" % n)
"""


@pytest.mark.skipif(bool(REASON), reason=REASON)
def test_refreshes_of_what_has_not_changed_add_no_copy(moto, tmp_path) -> None:
    fields = pair()
    client = boto3.client("secretsmanager", endpoint_url=moto, region_name="eu-west-1")
    client.create_secret(Name="copies", SecretString=json.dumps(fields))
    source = f"aws-sm://copies?region=eu-west-1&endpoint_url={moto}"
    environ = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    environ["PYTHONPATH"] = str(Path(binance_creds.__file__).parents[1])
    with stopped(f"source = {source!r}\n{CODE}", environ, tmp_path) as stops:
        loaded, refreshed = (next(stops)(fields["api_secret"]) for _ in range(2))
    assert refreshed <= loaded
