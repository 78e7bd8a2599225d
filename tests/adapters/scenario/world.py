"""A local exchange, a source, and live credentials of it that rotate while somebody trades."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from functools import cache
from itertools import count

from support import token
from waiting import PATIENCE

from binance_creds import KeyType, RefreshPolicy, load_credentials
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange

TYPES = (KeyType.HMAC, KeyType.ED25519, KeyType.RSA)
TRADES_PER_KEY = 6


@cache
def rsa_pem() -> str:
    """Return a private key; making one takes long."""
    return FakeExchange().issue(KeyType.RSA).private_key_pem


@cache
def rsa_public() -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(rsa_pem().encode(), None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


class World:
    """What a bot has around it.

    Args:
        exchange: the local one.

    Attributes:
        live: the credentials that it gets.
        names: the API keys so far; the last is current.
        placed: the client order ids of the orders that were answered.
    """

    def __init__(self, exchange) -> None:
        self.exchange = exchange
        self.names: list[str] = []
        self.placed: list[str] = []
        self.is_over = False
        self._name = f"bot-{token()[:12]}"
        self._numbers = count()
        self._changed = threading.Condition()  # guards what follows
        self._underway: Counter[int] = Counter()
        self._answered: Counter[int] = Counter()
        self.names.append(self.put(TYPES[0]))
        self.live = load_credentials(
            f"memory:{self._name}",
            live=True,
            refresh=RefreshPolicy(poll="1h", ttl="2h", max_stale="5h"),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.live.close()
        memory.unregister(self._name)

    # keys

    def put(self, key_type: KeyType, **options) -> str:
        """Let the source hold a new key, and return its name."""
        name = token()
        if key_type is KeyType.RSA:
            self.exchange.keys.register_public_key(name, rsa_public(), **options)
            fields = {"api_key": name, "private_key": rsa_pem()}
        else:
            key = self.exchange.issue(key_type, **options)
            name, fields = key.api_key, key.fields()
        memory.register(self._name, fields)
        return name

    def rotate(self, key_type: KeyType = KeyType.HMAC, **options) -> str:
        """Make a new key current, and return its name."""
        name = self.put(key_type, **options)
        self.live.refresh()
        assert self.live.current.api_key.reveal() == name
        with self._changed:  # what begins from now on has the new key
            self.names.append(name)
        return name

    def rotate_many(self, rotations: int, has_moved=lambda name: True) -> None:
        """Rotate while others trade; each old key is revoked at the end of its overlap.

        That is once all that may have begun with it is answered, and what stays connected has
        moved to the new key.
        """
        try:
            for turn in range(1, rotations + 1):
                self._until(lambda: self._answered[len(self.names)] >= TRADES_PER_KEY)
                new = self.rotate(TYPES[turn % 3])
                older = range(len(self.names))
                self._until(lambda it=older: not any(self._underway[n] for n in it))
                self._until(lambda it=new: has_moved(it))
                self.exchange.keys.revoke(self.names[-2])
            self._until(lambda: self._answered[len(self.names)] >= TRADES_PER_KEY)
        finally:
            self.is_over = True

    def _until(self, is_so) -> None:
        with self._changed:
            while not is_so():
                assert self._changed.wait(PATIENCE), "nobody trades any more"

    # orders

    @contextmanager
    def trade(self):
        """Count what is underway, and give an id for its order."""
        with self._changed:
            number = len(self.names)  # this key or a later one will sign
            self._underway[number] += 1
        name = f"order-{next(self._numbers)}"
        try:
            yield name
            self.placed.append(name)
        finally:
            with self._changed:
                self._underway[number] -= 1
                self._answered[number] += 1
                self._changed.notify_all()

    def ring(self) -> None:
        """Look again at what the rotations wait for."""
        with self._changed:
            self._changed.notify_all()

    def check(self) -> None:
        """Assert that nothing was refused, mixed, doubled or lost."""
        exchange = self.exchange
        assert ([], [], []) == (exchange.rejected(), exchange.mixed(), exchange.doubled())
        orders = [r.client_order_id for r in exchange.requests if r.is_placed]
        assert sorted(self.placed) == sorted(orders)

    def used(self) -> set[str]:
        """Return the keys that signed something."""
        return {r.signed_by for r in self.exchange.requests if r.signed_by}


class OutsideWorld(World):
    """The source names signers, and the exchange has public halves alone."""

    def __init__(self, exchange, keys, between, path) -> None:
        self._keys, self.between, self._path = keys, between, path
        super().__init__(exchange)

    def put(self, key_type: KeyType, **options) -> str:
        name = token()
        # Not HMAC, which an agent does not know; it is another Ed25519 key.
        fingerprint, public = self._keys[key_type]
        self.exchange.keys.register_public_key(name, public, **options)
        signer = f"ssh-agent:{fingerprint}?socket={self._path}"
        memory.register(self._name, {"api_key": name, "signer": signer})
        return name
