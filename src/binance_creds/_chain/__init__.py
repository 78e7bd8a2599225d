"""One load: try the candidates of a plan in order until one has the credentials.

* `_walk`: from one candidate to the next, when to stop, and what is built of the answer.
* `_source`: read one source; `_split_pair`: read a pair that is in two.
* `_outside`: opens what signs with a key that stays outside.
* `_batch`: read many plans in few requests; imported by those who have many.
* `_purposes`: warns of a key that two profiles load.
* `_failures`: which failure moves on, and which is told.
* `_values`: what is asked and answered.
"""

from binance_creds._chain._failures import most_serious
from binance_creds._chain._values import Asked, Loaded, Seen
from binance_creds._chain._walk import load_plan, refresh_plan

__all__ = ["Asked", "Loaded", "Seen", "load_plan", "most_serious", "refresh_plan"]
