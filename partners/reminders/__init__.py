"""Telling coordinators what comes to its end and what stands still: matters -> digests -> sending."""
