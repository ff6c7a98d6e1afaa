"""The course's split and metrics in Spark's SQL, beside those of this package.

    python -m recdl.distributed.on_spark                   # on MovieLens-100k
    python -m recdl.distributed.on_spark ml-1m.zip

It needs PySpark 3.5, which comes without wheels and so is in no extra, and Java 8, 11 or 17:
``pip install "pyspark==3.5.*"``. Spark runs on this machine and listens on 127.0.0.1 alone.
"""

import argparse
import hashlib
import importlib
import os
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import pandas as pd

from recdl import evaluation, movielens, ranking, splits, tables
from recdl.baselines import Popularity
from recdl.checks import check_at_least
from recdl.columns import DataError
from recdl.interactions import Interactions
from recdl.ratings import PAIR

NO_SPARK = 'PySpark is missing. First run: pip install "pyspark==3.5.*"'
NO_JAVA = (
    "Spark needs Java 8, 11 or 17, and found none that works. Install one, or name its "
    "folder in JAVA_HOME."
)
OPTIONS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4",
}

# bround rounds a half to the even neighbour, as NumPy does; Spark's round would not.
CUT = """
SELECT userID, itemID, place <= bround(0.75 * n) AS is_train
FROM (SELECT *,
             row_number() OVER (PARTITION BY userID ORDER BY timestamp, row) AS place,
             count(*) OVER (PARTITION BY userID) AS n
      FROM ratings)
"""
TRAIN = "SELECT userID, itemID FROM cut WHERE is_train"
TEST = """
SELECT userID, itemID FROM cut
WHERE NOT is_train AND itemID IN (SELECT itemID FROM train)
"""
GAIN = "0D, (total, place) -> total + 1 / log2(1 + place)"
METRICS = f"""
SELECT userID,
       aggregate(places, {GAIN}) / aggregate(sequence(1, least(n, {{k}})), {GAIN}) AS ndcg,
       size(places) / {{k}} AS precision,
       size(places) / n AS recall
FROM (SELECT userID, count(*) AS n FROM test GROUP BY userID)
JOIN (SELECT lists.userID,
             sort_array(collect_list(if(test.itemID IS NULL, NULL, lists.place))) AS places
      FROM lists LEFT JOIN test
      ON lists.userID = test.userID AND lists.itemID = test.itemID
      GROUP BY lists.userID)
USING (userID)
ORDER BY userID
"""  # noqa: S608 - nothing in it comes from outside


def session(n_cores: int = 2):
    """Return a session of Spark on this machine.

    Raises
    ------
    ImportError
        If PySpark is missing.
    OSError
        If there is no Java that works.
    """
    check_at_least(1, n_cores=n_cores)
    try:
        sql = importlib.import_module("pyspark.sql")
        errors = importlib.import_module("pyspark.errors")
    except ImportError as error:
        raise ImportError(NO_SPARK) from error
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise OSError(NO_JAVA)
    builder = sql.SparkSession.builder.master(f"local[{int(n_cores)}]")
    try:
        spark = builder.config(map=OPTIONS).getOrCreate()
    except errors.PySparkException as error:
        raise OSError(NO_JAVA) from error
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def split(spark, ratings: pd.DataFrame, folder) -> dict[str, str]:
    """Cut ratings as `recdl.splits.course_split` does; leave the views ``train`` and ``test`` in Spark.

    Returned are the SHA-256 of the pairs of both, as `recdl.splits.pairs_sha256` has them.
    """
    if any(ratings[name].dtype.kind not in "iu" for name in PAIR):
        raise DataError("Here, users and items must be whole numbers.")
    columns = [*PAIR, "timestamp"]
    rows = ratings[columns].assign(row=np.arange(len(ratings)))
    _view(spark, "ratings", rows, folder)
    for name, query in (("cut", CUT), ("train", TRAIN), ("test", TEST)):
        spark.sql(query).cache().createOrReplaceTempView(name)
    return {name: _pairs_sha256(spark, name) for name in ("train", "test")}


def _view(spark, name, table, folder):
    path = pathlib.Path(folder).resolve() / f"{name}.csv"
    table.to_csv(path, index=False)
    schema = ", ".join(f"{column} long" for column in table)
    found = spark.read.csv(path.as_uri(), header=True, schema=schema)
    found.createOrReplaceTempView(name)


def _pairs_sha256(spark, name):
    digest = hashlib.sha256()
    for row in spark.table(name).orderBy(*PAIR).toLocalIterator():
        digest.update(f"{row.userID},{row.itemID}\n".encode())
    return digest.hexdigest()


def evaluate(spark, lists: pd.DataFrame, folder, k: int = 10) -> pd.DataFrame:
    """Return NDCG, precision and recall at k of each user, from lists: ``userID, itemID, place``, from 1."""
    check_at_least(1, k=k)
    _view(spark, "lists", lists, folder)
    rows = [row.asDict() for row in spark.sql(METRICS.format(k=int(k))).collect()]
    return pd.DataFrame(rows).set_index("userID").add_suffix(f"_at_{int(k)}")


def compared(spark, ratings: pd.DataFrame, folder, k: int = 10):
    """Return the hashes of the split, and the metrics of the most popular items, by Spark and by us.

    Returns
    -------
    hashes : DataFrame
        A row for training and test, a column for each side.
    metrics : dict of DataFrame
        Of each side, a row for each user.
    """
    cut = splits.course_split(ratings)
    positives = Interactions(cut.train)
    top = ranking.top_k(Popularity(positives), positives, k)
    users, places = np.nonzero(top >= 0)
    lists = pd.DataFrame(
        {
            "userID": positives.user_ids[users],
            "itemID": positives.item_ids[top[users, places]],
            "place": places + 1,
        }
    )
    ours = evaluation.evaluate(top, evaluation.Relevant(cut.test, positives), ks=(k,))
    hashes = {"spark": split(spark, ratings, folder)}
    hashes["recdl"] = {n: splits.pairs_sha256(getattr(cut, n)) for n in cut._fields}
    theirs = evaluate(spark, lists, folder, k)
    ours = ours[theirs.columns].dropna().sort_index()
    return pd.DataFrame(hashes), {"spark": theirs, "recdl": ours}


def main(words: list[str] | None = None):
    """Run the command; what is expected to go wrong ends with a sentence and the exit status 1."""
    parser = argparse.ArgumentParser("python -m recdl.distributed.on_spark")
    told = "a file, folder or zip of MovieLens; MovieLens-100k if left out"
    parser.add_argument("ratings", nargs="?", help=told)
    given = parser.parse_args(words).ratings
    try:
        spark = session()
        try:
            ratings = tables.read(given) if given else movielens.load_ratings()
            with tempfile.TemporaryDirectory() as folder:
                hashes, metrics = compared(spark, ratings, folder)
        finally:
            spark.stop()
    except (ValueError, OSError, ImportError) as error:
        sys.exit(str(error))
    print(hashes.to_string())
    means = {side: table.mean() for side, table in metrics.items()}
    print(pd.DataFrame(means).to_string(float_format="{:.12f}".format))


if __name__ == "__main__":
    main()
