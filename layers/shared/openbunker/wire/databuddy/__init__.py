"""The dialect of Databuddy: `events` (classic) and `track` (newer), their fields and data."""
