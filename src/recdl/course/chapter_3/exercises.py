"""The exercises of chapter 3: scores by hand, parameters, sums, a list without a hidden layer."""

import functools
import itertools

import numpy as np

from recdl import movielens, splits
from recdl.course.exercises import But, Exercise

# 3.1: Fay, who is not in the toy world, and the chapter's hand-made film vectors (action, talk).

FAY = np.array([1.0, 3.0])
FILMS = np.array([(0, 1), (0, 2), (0, 2), (2, 0), (1, 1), (1, 1)], dtype=float)
WEIGHTS = np.array([2.0, 0.5])


def logits_of_fay(person=FAY, weights=WEIGHTS, films=FILMS):
    """Return GMF's logits of the six films for Fay; the arguments are the places where one can go wrong."""
    return (person * weights) @ films.T


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
    Exercise("3.1", "six numbers, one for each film, in the order of the table", logits_of_fay, {
        But(weights=1):
            "This is the plain inner product. GMF gives each of the two products a weight first.",
        But(weights=WEIGHTS.sum()):
            "You added up first and weighted then. The weights belong to the single products.",
        But(films=FILMS * WEIGHTS): "You weighted both vectors. Each product gets its weight once.",
        (lambda: 1 / (1 + np.exp(-logits_of_fay()))):
            "These are probabilities. The task asks for the numbers before the sigmoid.",
        But(person=FAY[::-1]): "You swapped action and talk of one of the two vectors.",
    }),
    Exercise("3.2", "one whole number", parameters, {
        But(own=SIZES[0]): "The first layer size is the length of both MLP vectors together, not of each.",
        But(biases=0): "Every neuron of a hidden layer has a bias as well.",
        But(layers=(SIZES[0], *SIZES)):
            "The first layer size is no layer of neurons: it is what the first layer reads.",
        But(from_gmf=1): "The last neuron reads all products of the GMF tower, not their sum.",
        parameters() + 1: "You counted a bias for the last neuron. In this setting it has none.",
        But(own=0): "Each user and each film has two vectors, one for either tower.",
    }, tolerance=1e-9),
    Exercise("3.3", "a function from a table of logits to True or False", is_sum, {
        has_equal_orders:
            "It compares the orders only. A product of two positive numbers has equal orders as well.",
        has_equal_rows: "It wants equal rows. A sum may have another number in every row.",
        has_small_rest: "It takes the mean of what is left, where positive and negative parts cancel.",
    }, calls=tables()),
    Exercise("3.4", "five item identifiers, the most rated first", most_rated, {
        But(with_seen=True): "Films that user 921 has seen in training do not belong on the list.",
        But(of_training=False):
            "You counted the ratings of the test part as well. A model knows the training part only.",
        But(descending=False): "These are the least rated films: the order is turned round.",
    }),
    Exercise("3.5", 'one letter, "A", "B", "C" or "D"', "B", {
        "A": "Look at the shape of what the tower returns, and at how many weights read it.",
        "C": "Try to move the weights into one of the two vectors, as the chapter does.",
        "D": "Compare 16 weights with 1, and then the whole number of parameters.",
    }),
]  # fmt: skip
