"""Where clients, the environment and the clock come together: one module a Lambda function.

`hot` (track, batch, key_validation), `query` (over `athena`), `manage`, `compaction` (compact,
erase) and `replay` build the services of their function once. They share `clients`, `stores`,
`spill`, `office` and `system`; `boto` makes what is boto3's, off the hot path. `config` reads the
settings, `unwired` stands in where they are wrong, `serving` holds what was built, or what one
machine or a test put in its place. No rule of a walk lives here.

    athena      Builds the query function's services over Athena
    boto        The clients that are boto3's, for functions off the hot path
    clients     Makes the clients that several functions share, from the settings
    compaction  Builds the services of the functions compact and erase, once, at first use
    config      Settings of a deployed function: the only reader of environment variables
    hot         Builds the services of track, batch and key_validation, once, at first use
    manage      Builds the services of the manage function, once, at first use
    office      The office of tenants over some store, with the system's clock and randomness
    query       The services of the query function, built once, at first use
    replay      Builds the services of the replay function, once, at first use
    serving     What serves the process
    spill       Builds the spill: its queue, and its bucket for what is too large for a message
    stores      Builds the stores of DynamoDB that only functions off the hot path read
    system      The clock, the randomness and the names of the system, for whoever is handed them
    unwired     What stands where the settings of a function are wrong
"""
