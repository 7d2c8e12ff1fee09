"""An answer as a page with a chart: what `POST /v1/query/iframe` returns. Asks no engine.

endpoint  `POST /v1/query/iframe`: a question, and the page of its answer
look      The element `chart` of a question: how its answer shall look
page      The page of a chart: one HTML text that fetches nothing
shown     How much of an answer a chart shows, and how its page says so
"""
