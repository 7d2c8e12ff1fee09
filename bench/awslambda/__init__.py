"""Lambda's own runtime client, driven from here: builds the layer, starts and calls functions."""
