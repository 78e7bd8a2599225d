"""AWS: Secrets Manager, and SQS for the announcements of its changes.

* `secrets_manager`: the provider; `_versions` reads, `_batch` reads many, `_writing` writes;
  `_agent` asks AWS's local agent instead.
* `sqs`: the push source, which is in `_sqs`.
* `_login`: who asks, and `_instance` whether the metadata service is down; `_login_errors`,
  `_role_errors`, `_errors`: what may go wrong.
"""

__all__: list[str] = []
