"""The dialect of Tracify: its route, and the data of its events."""
