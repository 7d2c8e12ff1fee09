"""Erasures: a customer's rows hidden at once and removed later. Off the hot path."""
