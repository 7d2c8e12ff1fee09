"""Heavy questions: which they are, and the processes of their own that answer them. No SQL.

child     Answers heavy questions, one by one: a process
children  The server's side of its children for heavy questions
messages  Values between the server and a child of its own, through a pipe
weight    Whether a question is heavy, by what it would read: told before it has a turn
"""
