"""`openbunker run`: its options, and what they start. What runs is `runtime`'s."""
