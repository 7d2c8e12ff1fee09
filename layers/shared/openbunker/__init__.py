"""The validation layer that all functions share.

Importing this package imports nothing else: every import on the hot path is paid by a user.
"""
