"""HashiCorp Vault and OpenBao.

* `kv_secrets`: the provider; `_kv` knows the two versions of the engine.
* `_session`, `_methods`: the login.
* `_options`, `_errors`: what a URI may say, and what an answer means.
"""

__all__: list[str] = []
