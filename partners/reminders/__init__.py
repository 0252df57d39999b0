"""Telling coordinators what comes to its end and what stands still.

By mail: matters -> digests -> sending. In their own calendars: calendar -> views.
"""
