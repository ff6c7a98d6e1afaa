"""What makes the course run, and what a reader of the chapters need not read."""
