"""Lines with keys, in many shapes, and lines that look like them, of many kinds."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable

from binance_creds.scan._find._value import is_mixed_key

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


class Values:
    """Random values, the same in each run."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self, size: int = 64, of: str = ALNUM) -> str:
        return "".join(self.random.choices(of, k=size))

    def key(self) -> str:
        return self.text()

    def hex(self, size: int = 64) -> str:
        return self.text(size, HEX)

    def bytes(self, size: int) -> bytes:
        return self.random.randbytes(size)

    def encoded(self) -> str:
        """Base64 of 48 bytes that has letters and digits only, as 13 % have, and looks like a key."""
        while True:
            text = base64.b64encode(self.bytes(48)).decode()
            if text.isalnum() and is_mixed_key(text.encode()):
                return text


def _notebook(it: Values) -> str:
    cell = {"cell_type": "code", "source": [f'client = Client("{it.key()}", "{it.key()}")\n']}
    return json.dumps({"cells": [cell]})


SHAPES: dict[str, Callable[[Values], str]] = {
    "constructor": lambda it: f"client = Client('{it.key()}', '{it.key()}')",
    "ccxt": lambda it: f'ccxt.binance({{"apiKey": "{it.key()}", "secret": "{it.key()}"}})',
    "assignment": lambda it: f'API_SECRET = "{it.key()}"',
    "dotenv": lambda it: f"BINANCE_API_KEY={it.key()}",
    "export": lambda it: f"export BINANCE_SECRET='{it.key()}'",
    "yaml": lambda it: f"binance:\n  api_key: {it.key()}\n  api_secret: {it.key()}",
    "dockerfile": lambda it: f"ENV BINANCE_API_KEY {it.key()}",
    "compose": lambda it: f"      - SECRET_KEY={it.key()}",
    "notebook": _notebook,
    "log": lambda it: f"2026-01-02 03:04:05,678 DEBUG header X-MBX-APIKEY: {it.key()} sent",
    "csv": lambda it: f"main,{it.key()},{it.key()},spot",
    "query": lambda it: f"GET /hook?apiKey={it.key()}&secret={it.key()}&x=1 HTTP/1.1",
    "curl": lambda it: f'curl -H "X-MBX-APIKEY: {it.key()}" https://api.binance.com/api/v3/account',
    "json": lambda it: json.dumps({"exchange": {"name": "binance", "key": it.key()}}),
    "json in json": lambda it: json.dumps(json.dumps({"secret": it.key(), "line": "\n"})),
    "escaped line end": lambda it: '{"env": "A=1\\n%s\\nB=2"}' % it.key(),
    "quoted URL": lambda it: f"redirect=https%3A%2F%2Fx.io%2F%3FapiKey%3D{it.key()}%26a%3D1",
    "toml": lambda it: f'api_secret = "{it.key()}"  # spot',
    "testnet": lambda it: f'binance_futures(testnet=True, api_key="{it.hex()}")',
    "base64": lambda it: f"  api_key: {base64.b64encode(it.key().encode()).decode()}",
    "positional in go": lambda it: f'client := binance.NewClient("{it.key()}", "{it.key()}")',
    "colour": lambda it: f"\x1b[32mkey\x1b[0m \x1b[35m{it.key()}\x1b[0m",
    "dump": lambda it: f"HOME=/root\0SECRET={it.key()}\0PATH=/bin",
    "bytes": lambda it: f"API_SECRET = b'{it.key()}'",
    "sentence": lambda it: f"The API secret is {it.key()}. Keep it.",
    "diff": lambda it: f"+BINANCE_API_KEY={it.key()}\n-BINANCE_API_KEY={it.key()}",
    "traceback": lambda it: f"BinanceAPIException: APIError(code=-2015) for Client(api_key='{it.key()}')",
    "arguments of a program": lambda it: f"root 12 python bot.py --api-key {it.key()} --api-secret={it.key()}",
    "secret of Kubernetes": lambda it: f"kind: Secret\ndata:\n  BINANCE_API_KEY: {base64.b64encode(it.key().encode()).decode()}",
    "another script": lambda it: f"\u5bc6\u94a5\uff1a{it.key()}",
    "HTML": lambda it: f"<td>{it.key()}</td><td>{it.key()}</td>",
}  # fmt: skip


def _jwt(it: Values) -> str:
    parts = [json.dumps({"alg": "HS384", "typ": "JWT"}), json.dumps({"sub": it.text(30)})]
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return f'binance_token = "{".".join(encoded)}.{it.encoded()}"'


def _certificate(it: Values) -> str:
    lines = base64.encodebytes(it.bytes(900)).decode().replace("\n", "")
    body = "\n".join(lines[start : start + 64] for start in range(0, len(lines), 64))
    return f"# binance api_key\n-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"


def _lines_of_base64(it: Values) -> str:
    lines = [it.encoded() for _ in range(3)]
    return "\n".join(["binance api_key:", *lines, f"{it.text(40)}+/{it.text(10)}=="])


def _camel_case(it: Values) -> str:
    words = ["binance", "Futures", "Order", "Request", "Signed", "Handler", "Sha256", "Http2", "V3"]
    name = ""
    while len(name) < 64:
        name += it.random.choice(words)
    return f"api_key.{name[:64]}() {name[:64]}"


LOOKALIKES: dict[str, Callable[[Values], str]] = {
    "sha256": lambda it: f"# binance\nsha256: {it.hex()}",
    "sha256sum": lambda it: f"{it.hex()}  binance-bot-1.0.tar.gz",
    "pip hash": lambda it: f"python-binance==1.0.{it.text(2, '123456789')} \\\n    --hash=sha256:{it.hex()}",
    "LFS": lambda it: f"version https://git-lfs.github.com/spec/v1\noid sha256:{it.hex()}\nsize 9\n# binance",
    "docker digest": lambda it: f"FROM binance/bot@sha256:{it.hex()}",
    "npm integrity": lambda it: f'"binance": {{"integrity": "sha512-{base64.b64encode(it.bytes(64)).decode()}"}}',
    "sha384 of a script": lambda it: f'<script src="binance.js" integrity="sha384-{it.encoded()}">',
    "JWT": _jwt,
    "placeholder": lambda it: f'api_key = "{it.random.choice("xX*YK0")}' + "x" * 63 + '"',
    "alphabet": lambda it: f'api_key = "{ALNUM}{it.text(2)}"',
    "reversed alphabet": lambda it: f'secret_key = "{(string.digits + string.ascii_letters)[::-1]}{it.text(2)}"',
    "camel case": _camel_case,
    "csrf": lambda it: f'<input name="csrfmiddlewaretoken" value="{it.encoded()}"> api_key',
    "csrf in a query": lambda it: f"https://binance.com/?csrf-token={it.encoded()}",
    "signature of a log": lambda it: f"https://fapi.binance.com/fapi/v1/order?timestamp=1&signature={it.hex()}",
    "transaction": lambda it: f'{{"exchange": "binance", "coin": "BTC", "txId": "{it.hex()}"}}',
    "address of Solana in hex": lambda it: f"binance_withdrawal_address = 0x{it.hex()}",
    "canonical id": lambda it: f'"binance-logs": {{"Owner": {{"ID": "{it.hex()}"}}}}',
    "h1 sum": lambda it: f"github.com/binance/sdk v1.0.0 h1:{base64.b64encode(it.bytes(32)).decode()}",
    "sealed secret": lambda it: f"  api_key: AgB{base64.b64encode(it.bytes(300)).decode()}",
    "image of a notebook": lambda it: f'"image/png": "iVBOR{base64.b64encode(it.bytes(900)).decode()}", "x": "binance api_key"',
    "certificate": _certificate,
    "lines of base64": _lines_of_base64,
    "build secret": lambda it: "RUN --mount=type=secret,id=api_key cat /run/secrets/api_key",
    "share link": lambda it: f"https://paste.example/binance/api_key#key={it.encoded()}",
    "empty value": lambda it: "API_KEY=\nAPI_SECRET=\nBINANCE_ENVIRONMENT=live",
    "path": lambda it: f"binance/api_key/{it.text()}/index.html",
    "part of base64": lambda it: f'api_key_blob = "{it.text()}+{it.text()}/{it.text()}=="',
    "text in base64": lambda it: f"  api_key: {base64.b64encode(it.text(48, string.ascii_lowercase + ' ').encode()).decode()}",
    "listen key": lambda it: f'{{"listenKey": "{it.encoded()}"}}  # binance',
    "published": lambda it: 'api_key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"',
    "commit of a repository by SHA-256": lambda it: f"commit {it.hex()}\n    fix binance api_key",
    "transaction without a sign": lambda it: f"binance withdrawal txid {it.hex()}",
    "id of a key": lambda it: f"keyId: {it.hex()} for binance",
    "public key of SSH": lambda it: f"ssh-rsa AAAAB3NzaC1yc2E{base64.b64encode(it.bytes(240)).decode()} binance@bot",
    "message of PGP": lambda it: f"-----BEGIN PGP MESSAGE-----\n\n{it.text()}\n{it.text()}\n=abcd\n-----END PGP MESSAGE-----\napi_key",
    "name of an asset": lambda it: f'<script src="/static/binance.{it.text()}.js"> api_key',
    "path of SVG": lambda it: f"""<path d="M{'L'.join(it.text(2, string.digits) for _ in range(40))}"/> binance api_key""",
    "repeated": lambda it: f'api_key = "{it.text(32) * 2}"',
}  # fmt: skip
