"""A health endpoint of ASGI, for Starlette, FastAPI, Litestar, or uvicorn alone.

Mount `app` at `/healthz`: `app.mount("/healthz", health_app(live))`, or give it to uvicorn.
"""

import asyncio

from binance_creds import LiveCredentials, load_credentials
from binance_creds.integrations.health import health


def health_app(live: LiveCredentials):
    """Return an ASGI application that answers every request with the health of the credentials."""

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        answer = health(live)
        headers = [(b"content-type", answer.media_type.encode()), (b"cache-control", b"no-store")]
        start = {"type": "http.response.start", "status": answer.http_status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.json().encode()})

    return app


async def main():
    """Ask it once, as a server would."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    async with load_credentials(live=True) as live:
        await health_app(live)({"type": "http", "method": "GET", "path": "/"}, receive, send)
    print(sent[0]["status"], sent[1]["body"].decode())


if __name__ == "__main__":
    asyncio.run(main())
