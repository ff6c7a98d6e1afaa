"""Helper package of the course *Recommendation Systems using Deep Learning*.

One module per idea, in the order of the book: `toy` and `movielens` hold data, `prepare` splits it and
draws negatives, `library` runs the paper's experiment, `paper` knows the numbers the paper published.
What a reader need not read (executing notebooks, building the book) is in `recdl.course`.
"""
