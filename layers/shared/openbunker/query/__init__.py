"""Questions about stored events. Off the hot path: track and batch never import this."""
