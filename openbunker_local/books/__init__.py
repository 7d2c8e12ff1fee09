"""The books of one machine: written before the answer, read and compared with what lies there."""
