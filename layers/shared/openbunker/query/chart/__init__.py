"""An answer as a page with a chart: what `POST /v1/query/iframe` returns. Asks no engine."""
