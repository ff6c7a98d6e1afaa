"""Spark gives the course's split and metrics; where it or Java is missing, a sentence says so.

What needs Spark runs where PySpark is installed, which the lock does not name, and Java is found.
"""

import shutil
import sys

import numpy as np
import pandas as pd
import psutil
import pytest

from recdl import toy
from recdl.columns import DataError
from recdl.distributed import on_spark
from test_distributed import larger


def test_without_spark_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(SystemExit, match='pip install "pyspark'):
        on_spark.main([])


def test_without_java_a_sentence_says_so(monkeypatch):
    for name in ("pyspark.sql", "pyspark.errors"):
        monkeypatch.setitem(sys.modules, name, object())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match="needs Java 8, 11 or 17"):
        on_spark.main([])


def test_texts_as_identifiers_are_refused(tmp_path):
    with pytest.raises(DataError, match="whole numbers"):
        on_spark.split(None, larger(as_texts=True), tmp_path)


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark", reason="PySpark is not installed; the lock lacks it")
    try:
        started = on_spark.session()
    except OSError as error:
        pytest.skip(str(error))
    yield started
    started.stop()


# PySpark leaves its sockets to be closed when they are collected.
@pytest.mark.filterwarnings("ignore:.*socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("table", [toy.RATINGS, larger()])
@pytest.mark.parametrize("k", [4, 70])
def test_spark_gives_the_same_split_and_metrics(spark, tmp_path, table, k):
    hashes, metrics = on_spark.compared(spark, table, tmp_path, k)
    assert hashes["spark"].equals(hashes["recdl"])
    pd.testing.assert_frame_equal(
        metrics["spark"], metrics["recdl"], rtol=0, atol=1e-12
    )
    assert np.isfinite(metrics["spark"].to_numpy()).all()


def test_spark_listens_on_loopback_alone(spark):
    java = psutil.Process().children(recursive=True)
    open_to = {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in java
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert open_to == {"127.0.0.1"}
