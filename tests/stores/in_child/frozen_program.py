"""What is built into one executable: the example that reads, or a live handle that listens."""

import sys


def main(pushes: list[str]) -> None:
    if not pushes:
        import switch_stores  # noqa: F401  # which loads and prints

        return
    from binance_creds import RefreshPolicy, load_credentials
    from binance_creds.adapters import httpx, python_binance, requests

    with load_credentials(live=True, refresh=RefreshPolicy(push=pushes)) as live:
        httpx.BinanceAuth(live)
        requests.BinanceAuth(live)
        python_binance.client(live, ping=False)
        print(live.current.fingerprint)


main(sys.argv[1:])
