"""The walk of one write request, step by step. Start at `pipeline`. No vendor words, no stores."""
