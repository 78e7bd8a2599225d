"""AWS: Secrets Manager, and SQS for the announcements of its changes.

* `secrets_manager`: the provider; `_agent` asks AWS's local agent instead.
* `sqs`: the push source; `_sqs_message` reads what it says.
* `_login`, `_errors`: what both share.
"""

__all__: list[str] = []
