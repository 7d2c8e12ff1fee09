"""How commands talk with who typed them: options, times, tables, questions, and how they end.

`options` the ones that several commands have; `times` how a time is read; `tables` rows and JSON;
`progress` a bar; `asking` before something is ended; `exits` the codes and `failures` which error
has which; `program` what to type; `printable` text of strangers. Nothing of events or tenants.
"""
