"""The stack deployed for real, by the SAM CLI onto an emulator of AWS: `make e2e-aws`.

`rights/` proves the rights of each function there, one by one: `make rights`.

What runs underneath:

emulator  Starts and stops the emulator, in the environment of `scripts/e2e-aws-venv.sh`
relay     What stands in front of it: the address that functions and tools are given
athena    Athena's API on DuckDB, for the emulator's own lacks what our statements need
lake      The tables of a Glue database as DuckDB has them, read from the emulator's bucket
template  The built template as the emulator takes it
routes    The routes of the template, made through the API, for the emulator reads no OpenAPI
stack     The stack by the SAM CLI, its resources and outputs

What is done, in the order of `__main__`:

world     What the steps share: a stack, its door, keys, and what was sent
vendors   Events as each vendor's clients send them
sending   The stack, a project, events of every vendor, receipts and questions
outage    The stream is gone for a while: spill and replay
upkeep    The schedule's work: hot into cold, late objects, an erasure
leaving   A stack is deleted and a new one goes on with what stayed
updating  A stack of an earlier release (`earlier/`) becomes one of the present
running   Starts all of it, and runs steps until one fails
report    The table of steps, their seconds and outcomes
"""
