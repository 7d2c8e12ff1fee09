"""The dialect of Segment's HTTP tracking API: its routes and its messages."""
