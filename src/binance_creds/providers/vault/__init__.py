"""HashiCorp Vault and OpenBao.

* `kv_secrets`: the provider; `_access` finds the mount of a secret and asks its engine, whose two
  versions are `_kv1` and `_kv2` on `_kv`.
* `_session`: a client that stays logged in; `_methods` logs in, with what `_login` finds.
* `_options`: what a URI may say; `_answers`, `_errors`: what an answer means.
"""

__all__: list[str] = []
