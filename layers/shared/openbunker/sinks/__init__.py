"""Sinks: where records become durable."""
