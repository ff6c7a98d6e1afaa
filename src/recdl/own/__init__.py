"""Your own ratings: compared as the course compares, and a challenge for a class.

`compare`, the comparison, of the `contenders`, by the rules of `judging`; `page`, what it found, to be read;
`challenge`, and `entry`, one entry of it. ``python -m recdl`` has both as commands.
"""
