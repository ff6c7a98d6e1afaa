"""Helper package of the course *Recommendation Systems using Deep Learning*, in the order of the book.

Data
    `toy`, a world for pencil and paper; `ratings` and `columns`, what a valid table is; `download` and
    `movielens`, the data of the paper; `tables`, other MovieLens and your own data; `splits`, all ways to cut
    them in two; `interactions`, positives, negatives, samples.
From models to numbers
    `ranking`, the gate for scores, and lists; `evaluation`, metrics; `uncertainty`, intervals;
    `comparisons`, many at once, and what so few can show; `sampled`, leave-one-out and what sampled
    candidates do to it.
The paper
    `paper`, its settings and numbers; `recommenders_ncf`, its run with the library; `prediction_table`, its
    Fig. 8 and Table I; `models` and `training`, the same in Keras; `machine_code`, compiled once a kind.
Beyond it
    `baselines` and `from_libraries`, the classical methods; `ordered`, linear ones that know the order;
    `sequence`, self-attention, and `recurrent`, GRU4Rec; `next_item` and `losses`, what they share;
    `averaging`, weights averaged over epochs; `blend`, two models mixed.
At 32 million ratings
    `large`, reading and splitting; `large_lists`, lists and hits; `large_draws`, negatives: the same, sooner.
    `large_training`, larger batches and lazy Adam; `large_items`, EASE and item-kNN on many films;
    `large_scores`, NeuMF's scores by parts.
What all use
    `alone`, `checks`, `files`, `memory`, `progress`, `provenance`, `pip`, `quiet`.

`recdl.own` compares recommenders on your own ratings, also as the command ``python -m recdl``.
`recdl.distributed` does the same on several processes, as the command ``python -m recdl.distributed``.
`recdl.experiments` has the long runs of chapters 7 to 9; `recdl.course` what the chapters share, and a folder
for each of them.
"""

from recdl.memory import keep_freed

# A name for the answer: what only binds one is not among what a result depends on; see `recdl.provenance`.
KEEPS_FREED_MEMORY = keep_freed()
