"""The figures of chapter 2: neurons, lines, layers, slopes, steps downhill, overfitting.

They are narrow, so that their labels can still be read on a telephone.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from recdl.course.figures import GREY, PAPER, RUN, WIDTH, arrow, box, light, write

SMALL = "small"


def boundaries(inputs: pd.DataFrame, wishes: pd.DataFrame, lines: dict):
    """Draw the films as points, a panel for each wish, and the line that a perceptron has found.

    Parameters
    ----------
    inputs : DataFrame
        A row per film, two columns.
    wishes : DataFrame
        A row per film, a column of 0 and 1 for each panel.
    lines : dict
        From the column to (weights, bias); the perceptron says yes where ``weights @ x + bias > 0``.
    """
    _, axes = plt.subplots(1, wishes.shape[1], figsize=(WIDTH, 2.9), sharey=True)
    behind = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8}
    for ax, (name, wish) in zip(axes, wishes.items(), strict=True):
        _half_plane(ax, *lines[name])
        for film, place in inputs.iterrows():
            marker, colour = ("o", RUN) if wish[film] else ("X", PAPER)
            look = {"marker": marker, "color": colour, "edgecolor": "black"}
            ax.scatter(*place, s=75, zorder=3, **look)
            below = tuple(place) == (1, 0)  # two long titles would meet
            offset = (0, -18 if below else 8)
            write(ax, film, place, offset, ha="center", bbox=behind)
        ax.set(title=name, xlabel="drama", xticks=[0, 1], yticks=[0, 1])
        ax.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5))
        ax.grid(False)
    axes[0].set_ylabel("science fiction")
    plt.tight_layout()
    return axes


def _half_plane(ax, weights, bias):
    """Shade where a perceptron says yes, and draw the line at which that begins."""
    grid = np.linspace(-0.5, 1.5, 201)
    across, up = np.meshgrid(grid, grid)
    yes = (weights[0] * across + weights[1] * up + bias > 0).astype(float)
    if 0 < yes.mean() < 1:
        ax.contourf(across, up, yes, levels=[0.5, 1], colors=[RUN], alpha=0.18)
        ax.contour(across, up, yes, levels=[0.5], colors=[GREY], linestyles="--")


def nerve_cell(inputs: list[str], threshold: int):
    """Draw a nerve cell above its model, which collects signals and passes one on (the paper's Fig. 2)."""
    _, (cell, model) = plt.subplots(2, 1, figsize=(WIDTH, 4.6))
    for ax, title in ((cell, "a nerve cell"), (model, "its model")):
        ax.set(xlim=(0, 10), ylim=(0.2, 4.4))
        ax.set_title(title, weight="bold", color=GREY)
        ax.axis("off")
    along = np.linspace(0, 1, 60)
    for begin in (3.7, 2.9, 2.1, 1.3):  # dendrites, a little crooked
        x = 0.4 + 2.8 * along
        y = begin + (2.5 - begin) * along**2 + 0.12 * np.sin(9 * along + begin)
        cell.plot(x, y, color=RUN, linewidth=2.5)
    cell.plot(
        4.2 + 4.3 * along, 2.5 + 0.15 * np.sin(6 * along), color=PAPER, linewidth=4
    )
    for end in (3.1, 2.5, 1.9):  # the axon's ends
        cell.plot([8.5, 9.7], [2.46, end], color=PAPER, linewidth=2.5)
    cell.add_patch(plt.Circle((3.7, 2.5), 0.75, facecolor=light(RUN), edgecolor=GREY))
    cell.add_patch(plt.Circle((3.7, 2.5), 0.25, color=GREY))
    for x, text in ((1.2, "dendrites"), (3.9, "cell body"), (7.4, "axon")):
        cell.text(x, 0.5, text, ha="center", fontsize=SMALL)
    for y, name in zip((3.3, 1.7), inputs, strict=True):
        box(model, 1.2, y, name, light(RUN))
        arrow(model, 2.4, y, 3.9, 2.5 + 0.2 * np.sign(y - 2.5))
    box(model, 4.5, 2.5, "+", light(RUN))
    box(model, 6.7, 2.5, f"≥ {threshold}?", light(PAPER))
    box(model, 9.1, 2.5, "1 or 0")
    arrow(model, 5.0, 2.5, 5.85, 2.5)
    arrow(model, 7.6, 2.5, 8.25, 2.5)
    for x, text in ((1.2, "inputs"), (4.5, "sum"), (6.7, "threshold"), (9.1, "output")):
        model.text(x, 0.5, text, ha="center", fontsize=SMALL)
    plt.tight_layout()
    return model


def neuron(inputs: dict[str, float], weights, bias: float, output: float):
    """Draw one neuron with its numbers: multiply, sum, activate (the paper's Fig. 3)."""
    _, ax = plt.subplots(figsize=(WIDTH, 2.8))
    ax.set(xlim=(-0.1, 10.1), ylim=(0.0, 4.6))
    ax.axis("off")
    total = sum(w * x for w, x in zip(weights, inputs.values(), strict=True)) + bias
    heights = np.linspace(3.3, 1.9, len(inputs))
    for y, (name, x), weight in zip(heights, inputs.items(), weights, strict=True):
        box(ax, 0.9, y, f"{name} = {x:g}")
        box(ax, 3.4, y, f"× {_minus(weight)}", "0.92")
        arrow(ax, 2.0, y, 2.98, y)
        arrow(ax, 3.8, y, 5.38, 2.6 + 0.25 * np.sign(y - 2.6))
    box(ax, 3.4, 0.6, f"bias {_minus(bias)}", "0.92")
    arrow(ax, 4.2, 0.85, 5.45, 1.95)
    for x, text, colour in (
        (5.75, f"+\n{_minus(total)}", light(RUN)),
        (7.6, "sigmoid", light(PAPER)),
        (9.4, f"output\n{output:.2f}", "white"),
    ):
        box(ax, x, 2.6, text, colour)
    arrow(ax, 6.05, 2.6, 6.78, 2.6)
    arrow(ax, 8.42, 2.6, 8.8, 2.6)
    for x, text in ((3.4, "multiply"), (5.75, "sum"), (7.6, "activate")):
        ax.text(x, 4.5, text, ha="center", va="top", color=GREY, weight="bold")
    return ax


def activations(functions: dict):
    """Draw activation functions, a panel each: the function as a line, its slope dashed."""
    options = {"sharex": True, "sharey": True, "layout": "constrained"}
    figure, axes = plt.subplots(2, len(functions) // 2, figsize=(5.35, 3.9), **options)
    z = np.linspace(-4, 4, 800)  # an even number of points: none falls on the corner
    for ax, (name, function) in zip(axes.flat, functions.items(), strict=True):
        slope = (function(z + 1e-6) - function(z - 1e-6)) / 2e-6
        ax.plot(z, function(z), color=RUN, linewidth=2.2, label="output")
        ax.plot(z, slope, color=PAPER, linestyle="--", label="slope")
        ax.set(title=name, ylim=(-1.2, 2.2), xticks=[-3, 0, 3])
        ax.set_aspect("equal")  # a slope of 1 looks like one
    figure.supxlabel("sum", fontsize="medium")
    figure.supylabel("output, slope", fontsize="medium")
    above = {"loc": "outside upper center", "ncols": 2, "frameon": False}
    figure.legend(*axes[0, 0].get_legend_handles_labels(), **above)
    sns.despine(left=True)
    return axes


def network(hidden: np.ndarray, hidden_bias, output, names: list[str]):
    """Draw a network with one hidden layer and write its weights on the connections (the paper's Fig. 4).

    Parameters
    ----------
    hidden : ndarray of shape (n_inputs, n_hidden)
        The weights from inputs to hidden neurons.
    hidden_bias, output : sequences of n_hidden numbers
        The hidden neurons' biases, and the weights from them to the output.
    names : list of str
        What the inputs are called.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 2.8))
    ax.set(xlim=(-0.2, 10.2), ylim=(0.2, 4.2))
    ax.axis("off")
    left, middle = (np.linspace(2.9, 0.8, n) for n in hidden.shape)
    for i, y in enumerate(left):
        for j, to_y in enumerate(middle):
            arrow(ax, 1.7, y, 3.65, to_y)
            _on_line(ax, (1.7, y), (3.65, to_y), 0.25, _minus(hidden[i, j]))
    for j, y in enumerate(middle):
        arrow(ax, 6.3, y, 7.65, 1.85)
        _on_line(ax, (6.3, y), (7.65, 1.85), 0.45, _minus(output[j]))
        box(ax, 5.0, y, f"sum, bias {_minus(hidden_bias[j])}\nthen ReLU", light(RUN))
    for y, name in zip(left, names, strict=True):
        box(ax, 1.0, y, name)
    box(ax, 9.0, 1.85, "sum: answer", light(PAPER))
    for x, text in ((1.0, "input layer"), (5.0, "hidden layer"), (9.0, "output layer")):
        ax.text(x, 4.2, text, ha="center", va="top", color=GREY, weight="bold")
    return ax


def tangents(loss, slopes: dict[float, float]):
    """Draw a loss over the guess, and at some guesses a short line that is as steep as the curve."""
    _, ax = plt.subplots(figsize=(WIDTH, 3.0))
    reach, piece = np.linspace(-0.3, 6.2, 200), np.array([-0.8, 0.8])
    ax.plot(reach, [loss(c) for c in reach], color=GREY)
    for guess, slope in slopes.items():
        ax.plot(guess + piece, loss(guess) + slope * piece, color=PAPER, linewidth=3)
        ax.scatter(guess, loss(guess), s=45, color=RUN, zorder=3)
        side = {-1: "left", 0: "center", 1: "right"}[int(np.sign(slope))]
        place = (-12 * np.sign(slope), 8 if slope else 14)
        write(ax, f"slope {_minus(slope)}", (guess, loss(guess)), place, ha=side)
    ax.set(xlabel="guess (stars)", ylabel="loss (MSE, stars²)", ylim=(0, 13))
    sns.despine(left=True)
    return ax


def backwards(places: dict[str, tuple], rates: list[str], weights: dict[str, str]):
    """Draw a chain of numbers and, under each, the slope of the loss, from right to left.

    Parameters
    ----------
    places : dict
        From the name of a place to its number and its slope, which is None where it is not needed.
    rates : list of str
        What a slope is multiplied by on its way to the place on the left, one for each pair of places.
    weights : dict
        From the name of a place to the slopes of the weights that lead there.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 3.2))
    ax.set(xlim=(0, 10), ylim=(0, 4.4))
    ax.axis("off")
    across = dict(zip(places, np.linspace(0.75, 9.25, len(places)), strict=True))
    for name, (number, slope) in places.items():
        box(ax, across[name], 3.6, f"{name}\n{_minus(round(number, 2))}", light(RUN))
        if slope is not None:
            box(ax, across[name], 1.8, f"{slope:.2f}", light(PAPER))
        look = {"ha": "center", "va": "top", "fontsize": SMALL}
        ax.text(across[name], 0.9, weights.get(name, ""), **look)
    for (x, to_x), rate in zip(pairwise(across.values()), rates, strict=True):
        arrow(ax, x + 0.75, 3.6, to_x - 0.68, 3.6)
        if rate:
            arrow(ax, to_x - 0.55, 1.8, x + 0.55, 1.8, color=PAPER)
            write(ax, rate, ((x + to_x) / 2, 1.8), (0, 10), ha="center")
    ax.text(0.75, 1.8, "slopes", ha="center", va="center", color=GREY, weight="bold")
    return ax


def descents(paths: dict[float, list[float]], loss):
    """Draw the steps of gradient descent on a curve of the loss, a panel per learning rate."""
    _, axes = plt.subplots(1, len(paths), figsize=(WIDTH, 3.0), sharey=True)
    reach = np.linspace(-1.0, 7.4, 200)
    for ax, (rate, path) in zip(axes, paths.items(), strict=True):
        ax.plot(reach, [loss(c) for c in reach], color=GREY)
        ax.plot(path, [loss(c) for c in path], color=RUN, marker="o", markersize=5)
        ax.scatter(path[0], loss(path[0]), s=90, marker="s", color=PAPER, zorder=3)
        ax.set(title=f"rate {rate:g}", xlabel="guess (stars)")
        ax.set(xlim=(-1.0, 7.4), ylim=(0, 20))
    axes[0].set_ylabel("loss (MSE, stars²)")
    sns.despine(left=True)
    plt.tight_layout()
    return axes


def xor_learnt(losses: list[float], answer, inputs: np.ndarray, targets: np.ndarray):
    """Draw the loss of each step, and what the trained network answers everywhere between the four films."""
    _, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.1))
    left.plot(np.arange(1, len(losses) + 1), losses, color=RUN)
    left.set(xlabel="step", ylabel="log loss", ylim=(0, None))
    sns.despine(ax=left, left=True)
    grid = np.linspace(-0.5, 1.5, 101)
    across, up = np.meshgrid(grid, grid)
    answers = answer(np.column_stack([across.ravel(), up.ravel()])).reshape(
        across.shape
    )
    shades = right.contourf(
        across, up, answers, levels=np.linspace(0, 1, 11), cmap="Blues", alpha=0.8
    )
    right.contour(across, up, answers, levels=[0.5], colors=["black"], linestyles="--")
    for (drama, scifi), liked in zip(inputs, targets, strict=True):
        right.scatter(
            drama, scifi, s=80, marker="o" if liked else "X", zorder=3,
            color=RUN if liked else PAPER, edgecolor="black",
        )  # fmt: skip
    right.set(xlabel="drama", ylabel="science fiction", xticks=[0, 1], yticks=[0, 1])
    right.grid(False)
    plt.colorbar(shades, ax=right, label="answer", ticks=[0, 0.5, 1])
    plt.tight_layout()
    return left, right


def learning_rates(table: pd.DataFrame, reference: float):
    """Draw the loss after training against the learning rate, a line per optimiser.

    Parameters
    ----------
    table : DataFrame
        Index learning rate, a column per optimiser.
    reference : float
        The loss of a constant answer.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 3.2))
    looks = (RUN, "o-"), (PAPER, "s--")
    for (name, losses), (colour, line) in zip(table.items(), looks, strict=True):
        ax.plot(table.index, losses, line, color=colour, label=name)
    ax.axhline(reference, color=GREY, linestyle=":", label="constant answer")
    ax.set(xscale="log", xlabel="learning rate")
    ax.set(ylabel="log loss after training", ylim=(0.6, 0.8))
    ax.legend()
    sns.despine(left=True)
    return ax


def overfitting(curves: dict[str, pd.DataFrame], reference: float):
    """Draw training and validation loss by epoch, a panel per setting, and mark the best epoch.

    Parameters
    ----------
    curves : dict
        From the panel's title to a table with the columns ``training`` and ``validation``, a row per epoch.
    reference : float
        The loss of a constant answer.
    """
    options = {"sharey": True, "layout": "constrained"}
    figure, axes = plt.subplots(1, len(curves), figsize=(WIDTH - 0.25, 3.6), **options)
    for ax, (name, curve) in zip(axes, curves.items(), strict=True):
        ax.plot(curve.index, curve["training"], color=PAPER, ls="--", label="training")
        ax.plot(curve.index, curve["validation"], color=RUN, lw=2.2, label="validation")
        ax.axhline(reference, color=GREY, ls=":", lw=1.4, label="constant answer")
        best = curve["validation"].idxmin()
        ax.scatter(
            best, curve["validation"].min(), s=65, color="black", zorder=3, marker="D"
        )
        ax.set(title=name, xlabel="epoch")
    axes[0].set_ylabel("log loss")
    above = {"loc": "outside upper center", "ncols": 3, "frameon": False}
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=SMALL, **above)
    sns.despine(left=True)
    return axes


def double_sigmoid(right_loss, broken_loss, curves: dict[str, list[float]]):
    """Draw a pair loss with one and with two sigmoids, and the training loss of both.

    Parameters
    ----------
    right_loss, broken_loss : callable
        Get the outputs for a liked film and another one.
    curves : dict
        The mean loss of each epoch: of the right version, then of the broken one.
    """
    _, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.2), sharey=True)
    half = np.linspace(-3, 3, 121)
    for loss, colour, line in ((right_loss, RUN, "-"), (broken_loss, PAPER, "--")):
        left.plot(2 * half, loss(half, -half), color=colour, ls=line, lw=2.2)
    for (name, losses), colour, line in zip(
        curves.items(), (RUN, PAPER), ("-", "--"), strict=True
    ):
        epochs = np.arange(1, len(losses) + 1)
        right.plot(epochs, losses, color=colour, ls=line, lw=2.2, label=name)
    floor = np.logaddexp(0, -1)
    for ax in (left, right):
        ax.axhline(floor, color=GREY, ls=":", lw=1.4)
    write(left, "log(1 + 1/e)", (-6, floor), (0, 4), color=GREY)
    left.set(xlabel="liked film minus other film", ylabel="loss of a pair", ylim=(0, 2))
    right.set(xlabel="epoch")
    right.legend(fontsize=SMALL)
    sns.despine(left=True)
    plt.tight_layout()
    return left, right


def _minus(number):
    return f"{number:g}".replace("-", "\N{MINUS SIGN}")


def _on_line(ax, begin, end, share, text):
    x, y = ((1 - share) * a + share * b for a, b in zip(begin, end, strict=True))
    box(ax, x, y, text, pad=0.15, edgecolor="none")
