"""Reminders of agreements that end or have stalled: digest mails (due, digests) and calendar feeds (ical)."""
