"""A keyring backend for a child process: its items are in a JSON file that the test wrote."""

import json
import os

from keyring.backend import KeyringBackend


class Keyring(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        with open(os.environ["SHELF"]) as file:
            return json.load(file).get(f"{service}/{username}")

    def set_password(self, service, username, password):
        self._write(lambda items: items | {f"{service}/{username}": password})

    def delete_password(self, service, username):
        self._write(lambda items: {k: v for k, v in items.items() if k != f"{service}/{username}"})

    def _write(self, change):
        with open(os.environ["SHELF"]) as file:
            items = change(json.load(file))
        new = f"{os.environ['SHELF']}.new"
        with open(new, "w") as file:
            json.dump(items, file)
        os.replace(new, os.environ["SHELF"])
