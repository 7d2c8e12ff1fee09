"""The dialect of PostHog's capture API: its routes and its events."""
