"""A gateway's request and reply, the guard, origins, log lines. Knows no route and no vendor."""
