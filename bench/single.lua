-- wrk: one durable EventBunker event per request. KEY comes from the environment.
wrk.method = "POST"
wrk.path = "/post"
wrk.headers["content-type"] = "application/json"
wrk.headers["x-eventbunker-write-key"] = os.getenv("OB_KEY")
wrk.body = '{"event_name": "bench_single", "customer_identifier": "acme", "plan": "pro",' ..
  ' "amount": 99.5, "tags": ["a", "b"], "page": "https://shop.example/a/long/enough/path/to/count",' ..
  ' "note": "' .. string.rep("x", 300) .. '"}'

dofile((debug.getinfo(1, "S").source:sub(2):match("(.*/)") or "./") .. "result.lua")
