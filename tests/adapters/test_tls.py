"""Encrypted, and through the tunnel of a proxy: key and signature are inside alone."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading

import httpx
import pytest
import requests
import trustme
from support import build, new_key

from binance_creds.adapters import httpx as httpx_adapter
from binance_creds.adapters import requests as requests_adapter

HOST, ACCOUNT = "exchange.test", "/api/v3/account"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Tunnel:
    """A proxy that is itself what it leads to: it answers a CONNECT, and then speaks TLS."""

    def __init__(self, authority: trustme.CA) -> None:
        self.asked: list[bytes] = []
        self.inside: list[bytes] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(self._context)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            self.asked.append(_head(connection))
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self._context.wrap_socket(connection, server_side=True) as encrypted:
                while head := _head(encrypted):
                    self.inside.append(head)
                    encrypted.sendall(ANSWER)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _head(connection) -> bytes:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        received = connection.recv(4096)
        if not received:
            return b""
        data += received
    return data


def by_requests(creds, url, context, ca, proxy):
    with requests_adapter.client(creds, hosts=[HOST]) as session:
        return [session.get(url, verify=ca, proxies={"https": proxy}) for _ in range(2)]


def by_auth_of_requests(creds, url, context, ca, proxy):
    auth = requests_adapter.BinanceAuth(creds, hosts=[HOST])
    with requests.Session() as session:
        return [session.get(url, verify=ca, proxies={"https": proxy}, auth=auth) for _ in range(2)]


def by_httpx(creds, url, context, ca, proxy):
    with httpx_adapter.client(creds, hosts=[HOST], verify=context, proxy=proxy) as client:
        return [client.get(url) for _ in range(2)]


def by_auth_of_httpx(creds, url, context, ca, proxy):
    auth = httpx_adapter.BinanceAuth(creds, hosts=[HOST])
    with httpx.Client(auth=auth, verify=context, proxy=proxy) as client:
        return [client.get(url) for _ in range(2)]


def by_async_httpx(creds, url, context, ca, proxy):
    async def main():
        options = {"hosts": [HOST], "verify": context, "proxy": proxy}
        async with httpx_adapter.async_client(creds, **options) as client:
            return [await client.get(url) for _ in range(2)]

    return asyncio.run(main())


WAYS = [by_requests, by_auth_of_requests, by_httpx, by_auth_of_httpx, by_async_httpx]


@pytest.mark.parametrize("get", WAYS)
def test_the_tunnel_of_a_proxy_has_key_and_signature_inside_alone(get, tmp_path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    tunnel, key = Tunnel(authority), new_key()
    creds = build(**key.fields())
    answers = get(creds, f"https://{HOST}{ACCOUNT}", context, str(tmp_path / "ca.pem"), tunnel.url)
    tunnel.close()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [head.split(b" ")[:2] for head in tunnel.asked] == [[b"CONNECT", f"{HOST}:443".encode()]]
    assert b"MBX" not in tunnel.asked[0].upper()
    assert [head.count(key.api_key.encode()) for head in tunnel.inside] == [1, 1]
    assert [head.split(b"\r\n")[0].count(b"signature=") for head in tunnel.inside] == [1, 1]
