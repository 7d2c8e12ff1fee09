"""A gateway's request and reply, the guard, origins, log lines. Knows no route and no vendor.

edge              Whether a request came through the edge in front
guard             The outermost guard of every handler
http              Requests and replies as API Gateway knows them
log_lines         Log lines, and the names of metrics
nearest           What somebody meant who asked for a path that is not there
origins           Web origins: whether one belongs to a site, and the CORS headers that answer one
pages             Pages that fetch nothing: modules joined into one script, and its policy
powertools_lines  The log of replay, compact and erase, by Powertools
"""
