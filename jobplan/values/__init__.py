"""Leaf: how single values are read, compared and written. Imports nothing of jobplan but the errors."""
