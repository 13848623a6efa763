"""``deepecg serve``: page and API on this machine, with an embedded cloud behind them."""
