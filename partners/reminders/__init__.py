"""Reminders of agreements that end or have stalled: digest mails (due, digests, delivery) and calendar feeds (ical)."""
