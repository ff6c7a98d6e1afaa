"""The exercises of chapter 3: scores by hand, parameters, sums, a list without a hidden layer."""

import functools
import itertools

import numpy as np

from recdl.course.exercises import Exercise

# 3.1: Fay, who is not in the toy world, and the chapter's hand-made film vectors (action, talk).

FAY = np.array([1.0, 3.0])
FILMS = np.array([(0, 1), (0, 2), (0, 2), (2, 0), (1, 1), (1, 1)], dtype=float)
WEIGHTS = np.array([2.0, 0.5])


def logits_of_fay():
    """Return GMF's logits of the six films for Fay."""
    return (FAY * WEIGHTS) @ FILMS.T


# 3.2: MovieLens-1M in the setting of the exercise.

N_USERS, N_ITEMS, N_FACTORS, SIZES = 6_040, 3_706, 8, (32, 16, 8)


def parameters(own=SIZES[0] // 2, biases=1, layers=SIZES, from_gmf=N_FACTORS):
    """Return the number of parameters; the arguments are the places where one can go wrong."""
    vectors = (N_USERS + N_ITEMS) * (N_FACTORS + own)
    hidden = sum(a * b + biases * b for a, b in itertools.pairwise(layers))
    return vectors + hidden + from_gmf + SIZES[-1]


# 3.3: is a table of logits a sum of two numbers?


def is_sum(scores):
    """Tell whether a table is a number for its row plus a number for its column."""
    scores = np.asarray(scores, dtype=float)
    rest = scores - scores[:, :1] - scores[:1] + scores[0, 0]
    return bool(np.abs(rest).max() < 1e-6)


def has_equal_orders(scores):
    """Tell whether all rows rank the columns alike, which a sum does, but not only a sum."""
    order = np.argsort(scores, axis=1)
    return bool((order == order[0]).all())


def has_equal_rows(scores):
    """Tell whether all rows are equal, which forgets the number of the row."""
    return bool(np.allclose(scores, np.asarray(scores)[:1]))


def has_small_rest(scores):
    """Tell whether the mean of the rest is 0, where positive and negative parts cancel."""
    scores = np.asarray(scores, dtype=float)
    rows, columns = scores.mean(axis=1, keepdims=True), scores.mean(axis=0)
    return bool(abs((scores - rows - columns + scores.mean()).mean()) < 1e-6)


def tables():
    """Return tables to try: a sum, equal rows, a product, one with equal orders, another product."""
    rows, columns = np.array([[0.0], [2.0], [5.0]]), np.array([1.0, 3.0, 4.0, 0.5])
    people = np.array([[0.0, 2.0], [2.0, 0.0], [2.0, 1.0]])
    tried = [rows + columns, columns + 0 * rows, people @ FILMS.T]
    return [(table,) for table in [*tried, (rows + 1) * columns, rows * columns]]


# 3.4: what everybody gets whose model has no hidden layer, for user 921.

USER = 921


@functools.cache
def _data():
    from recdl import movielens, prepare

    ratings = movielens.load_ratings()
    return ratings, splits.course_split(ratings).train


def most_rated(*, of_training=True, with_seen=False, descending=True):
    """Return the five films with the most ratings; the arguments are the places to go wrong."""
    ratings, train = _data()
    counts = (train if of_training else ratings)["itemID"].value_counts()
    counts = counts.sort_values(ascending=not descending, kind="stable")
    seen = train.loc[train["userID"] == USER, "itemID"]
    return (counts if with_seen else counts.drop(seen)).index[:5].tolist()


EXERCISES = [
    Exercise(
        number="3.1",
        wanted="six numbers, one for each film, in the order of the table",
        answer=logits_of_fay,
        mistakes={
            "This is the plain inner product. GMF gives each of the two products a weight first.": (
                lambda: FAY @ FILMS.T
            ),
            "You added up first and weighted then. The weights belong to the single products.": (
                lambda: WEIGHTS.sum() * (FAY @ FILMS.T)
            ),
            "You weighted both vectors. Each product gets its weight once.": (
                lambda: (FAY * WEIGHTS) @ (FILMS * WEIGHTS).T
            ),
            "These are probabilities. The task asks for the numbers before the sigmoid.": (
                lambda: 1 / (1 + np.exp(-logits_of_fay()))
            ),
            "You swapped action and talk of one of the two vectors.": (
                lambda: (FAY[::-1] * WEIGHTS) @ FILMS.T
            ),
        },
    ),
    Exercise(
        number="3.2",
        wanted="one whole number",
        answer=parameters,
        mistakes={
            "The first layer size is the length of both MLP vectors together, not of each.": (
                lambda: parameters(own=SIZES[0])
            ),
            "Every neuron of a hidden layer has a bias as well.": (
                lambda: parameters(biases=0)
            ),
            "The first layer size is no layer of neurons: it is what the first layer reads.": (
                lambda: parameters(layers=(SIZES[0], *SIZES))
            ),
            "The last neuron reads all products of the GMF tower, not their sum.": (
                lambda: parameters(from_gmf=1)
            ),
            "You counted a bias for the last neuron. In this setting it has none.": (
                lambda: parameters() + 1
            ),
            "Each user and each film has two vectors, one for either tower.": (
                lambda: parameters(own=0)
            ),
        },
        tolerance=1e-9,
    ),
    Exercise(
        number="3.3",
        wanted="a function from a table of logits to True or False",
        answer=lambda: is_sum,
        calls=tables,
        mistakes={
            "It compares the orders only. A product of two positive numbers has equal orders as well.": (
                lambda: has_equal_orders
            ),
            "It wants equal rows. A sum may have another number in every row.": (
                lambda: has_equal_rows
            ),
            "It takes the mean of what is left, where positive and negative parts cancel.": (
                lambda: has_small_rest
            ),
        },
    ),
    Exercise(
        number="3.4",
        wanted="five item identifiers, the most rated first",
        answer=most_rated,
        mistakes={
            "Films that user 921 has seen in training do not belong on the list.": (
                lambda: most_rated(with_seen=True)
            ),
            "You counted the ratings of the test part as well. A model knows the training part only.": (
                lambda: most_rated(of_training=False)
            ),
            "These are the least rated films: the order is turned round.": (
                lambda: most_rated(descending=False)
            ),
        },
    ),
    Exercise(
        number="3.5",
        wanted='one letter, "A", "B", "C" or "D"',
        answer=lambda: "B",
        mistakes={
            "Look at the shape of what the tower returns, and at how many weights read it.": (
                lambda: "A"
            ),
            "Try to move the weights into one of the two vectors, as the chapter does.": (
                lambda: "C"
            ),
            "Compare 16 weights with 1, and then the whole number of parameters.": (
                lambda: "D"
            ),
        },
    ),
]
