"""History of the register: diffs, timelines, the change log, revert and undelete."""
