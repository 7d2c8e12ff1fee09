"""Where clients, the environment and the clock come together: one module a Lambda function.

`hot` (track, batch, key_validation), `query` (over `athena`), `manage`, `compaction` and `replay`
build the services of their function once. They share `clients`, `stores`, `spill`, `office` and
`system`; `boto` makes what is boto3's, off the hot path. `config` reads the settings, `unwired`
stands in where they are wrong, `serving` holds what was built, or what one machine or a test put
in its place. No rule of a walk lives here.
"""
