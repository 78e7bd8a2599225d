"""`storing.put` into files: two writers at once."""

from __future__ import annotations

import threading

import pytest
from support import pair

from binance_creds import ConflictError, Secret, load_credentials
from binance_creds.storing import put


def secrets_of(fields) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


@pytest.mark.parametrize("name", ["dotenv:{}/.env", "file:{}/pair.json"])
@pytest.mark.parametrize("is_there", [True, False])
def test_of_two_writers_at_once_one_wins_and_the_other_is_told(name, is_there, tmp_path) -> None:
    target = name.format(tmp_path)
    if is_there:
        put(target, secrets_of(pair()))
    mark = load_credentials(target, fresh=True).fingerprint if is_there else None
    together = threading.Barrier(2)
    pairs, outcomes = [pair(), pair()], [None, None]

    def write(number: int) -> None:
        try:
            put(
                target,
                secrets_of(pairs[number]),
                replace=mark,
                verify=lambda _: together.wait(60),  # both have read what is there
            )
        except ConflictError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(None) == 1
    winner = pairs[outcomes.index(None)]
    assert load_credentials(target, fresh=True).api_key.reveal() == winner["api_key"]
