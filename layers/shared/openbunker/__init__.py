"""The validation layer that all functions share.

Importing this package imports nothing else: every import on the hot path is paid by a user.

    key_validation  `/v1/keys/validate`: is this key good, and for what
    replay          The walk of the replay function
    aws/            A signed HTTP client for the AWS calls of the hot path, in place of boto3
    compaction/     Compaction on AWS: hot objects into the cold table, and what must be erased
    console/        What a browser is shown at `/`: one page, and what it is drawn with
    core/           The words everybody uses: event, verdict, reasons, records, layout
    erasure/        Erasures: a customer's rows hidden at once and removed later
    ingest/         The walk of one write request, step by step
    keys/           Keys: what a credential is, and the stores that know them by their hash
    manage/         Management: accounts, projects, keys and who changed which
    query/          Questions about stored events
    sinks/          Sinks: where records become durable
    usage/          Usage: what a project sent, by day and dialect, and what a quota says of it
    web/            A gateway's request and reply, the guard, origins, log lines
    wire/           Wire formats: one file per vendor, and the list of them
    wiring/         One module a Lambda: where clients, environment and clock come together
"""
