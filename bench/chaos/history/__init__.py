"""What every client of a chaos run wrote and read, and when; and the laws that this must follow.

`model` says what is recorded, `lives` what the writes mean for each event, `laws` judges. Pure:
no server, no clock; who writes and reads is beside this folder.
"""
