"""Your own ratings: compared as the course compares, and a challenge for a class.

`compare`, the comparison, of the `contenders`, by the rules of `judging`, with the `notes` on its cut;
`page`, what it found, to be read; `challenge`, with the `lists` and, in `entry`, the programs handed in;
`results`, where all that goes. ``python -m recdl`` has both as commands.
"""
