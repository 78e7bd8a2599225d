"""A health endpoint of WSGI, for Flask, Django, gunicorn, or the server of the standard library."""

import threading
import urllib.request
from http import HTTPStatus
from wsgiref.simple_server import WSGIRequestHandler, make_server

from binance_creds import LiveCredentials, load_credentials
from binance_creds.integrations.health import health


def health_app(live: LiveCredentials):
    """Return a WSGI application that answers every request with the health of the credentials."""

    def app(environ, start_response):
        answer = health(live)
        line = f"{answer.http_status} {HTTPStatus(answer.http_status).phrase}"
        start_response(line, [("Content-Type", answer.media_type), ("Cache-Control", "no-store")])
        return [answer.json().encode()]

    return app


class Silent(WSGIRequestHandler):
    """A server that does not write a line for each request."""

    def log_message(self, *_):
        pass


def main():
    """Ask it once."""
    with (
        load_credentials(live=True) as live,
        make_server("127.0.0.1", 0, health_app(live), handler_class=Silent) as server,
    ):
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/healthz") as answer:
            print(answer.status, answer.read().decode())
        serving.join()


if __name__ == "__main__":
    main()
