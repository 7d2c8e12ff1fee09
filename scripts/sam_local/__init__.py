"""`make sam-local`: the built functions under SAM's own containers, without an account.

Starts stand-ins for what the functions talk to, and sends them every file of events/ and the
README's curls. Knows no handler of ours: what is sent and what comes back are tests/support's.

curls       The README's curls, sent to `sam local start-api`
engine      The container engine: whether there is one, its image, and how containers reach us
sam         The processes of `sam local`
standins    Tables, stream, queue, bucket and Athena for functions in containers; the files for SAM
"""
