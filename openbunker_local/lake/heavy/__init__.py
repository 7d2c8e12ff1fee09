"""Heavy questions: which they are, and the processes of their own that answer them. No SQL."""
