-- wrk: a hundred durable events per request, in Databuddy's form. The client id comes from the environment.
wrk.method = "POST"
wrk.path = "/batch?client_id=" .. os.getenv("OB_CLIENT")
wrk.headers["content-type"] = "application/json"
local events = {}
for n = 1, 100 do
  events[n] = string.format('{"type": "custom", "name": "bench_%d", "properties": {"n": %d, "note": "%s"}}',
    n % 10, n, string.rep("x", 300))
end
wrk.body = "[" .. table.concat(events, ", ") .. "]"

dofile((debug.getinfo(1, "S").source:sub(2):match("(.*/)") or "./") .. "result.lua")
