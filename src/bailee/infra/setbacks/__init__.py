"""Setbacks: what keeps the worker from a duty at one controller, written down for whoever looks after the platform."""
