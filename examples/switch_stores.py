"""One program for every store: where the credentials are is in BINANCE_CREDS_SOURCE, not in here.

BINANCE_CREDS_SOURCE=dotenv:.env                                     python switch_stores.py
BINANCE_CREDS_SOURCE=vault://secret/prod/binance                     python switch_stores.py
BINANCE_CREDS_SOURCE=aws-sm://prod/binance/main?region=eu-central-1  python switch_stores.py
"""

from binance_creds import load_credentials

creds = load_credentials()

print("origin:     ", creds.origin)
print("version:    ", creds.version or "the source has none")
print("fingerprint:", creds.fingerprint)
print("signature:  ", creds.sign(b"recvWindow=5000&timestamp=1578963600000"))
