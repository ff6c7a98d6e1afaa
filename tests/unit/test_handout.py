"""What students get as one archive: complete in itself, without solutions and ratings."""

import json
import zipfile

import pytest

from tools import editions, handout
from tools.project import Project

BIB = """
@article{he2017ncf,
  author = {He, Xiangnan and Liao, Lizi and
            Zhang, Hanwang},
  year   = {2017}
}

@article{two,
  author = {{Ferrari Dacrema}, Maurizio and Bellog{\\'i}n, Alejandro},
  title  = {A {Title}, Year = {1900}},
  year   = {2021},
}
"""
TEXT = "{cite:t}`he2017ncf` and {cite}`he2017ncf,two`: a [word](glossary.md#word), [2](02_b.ipynb), "
TEXT += "[results](results.md#x), [web](https://example.org), [here](#x), ![p](attachment:p.png)"
MADE = "He et al. (2017) and (He et al., 2017; Ferrari Dacrema and Bellogín, 2021): "
MADE += "a [word](glossary.md#word), 2, results, "
MADE += "[web](https://example.org), [here](#x), ![p](attachment:p.png)"
SOLUTION = '# @title Solution of 1.1\ncheck("1.1", 5)'


@pytest.fixture
def project(tmp_path):
    book = tmp_path / "book"
    book.mkdir()
    code = {"cell_type": "code", "metadata": {}, "outputs": ["x"], "source": SOLUTION}
    text = {"cell_type": "markdown", "metadata": {}, "source": TEXT}
    content = {
        "cells": [text, code],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (book / "01_a.ipynb").write_text(json.dumps(content))
    (book / "references.bib").write_text(BIB, encoding="utf-8")
    (book / "glossary.md").write_text("## word\n[one](01_a.ipynb)")
    (tmp_path / "LICENSE").write_text("free")
    (tmp_path / "_toc.yml").write_text("root: book/01_a\nparts: [{chapters: []}]\n")
    return Project(tmp_path)


def test_the_archive_has_all_that_its_texts_link_to_and_no_solution(project):
    handout.main([], project.root)
    with zipfile.ZipFile(project.build / handout.NAME) as archive:
        found = {
            name.split("/")[1]: archive.read(name).decode()
            for name in archive.namelist()
        }
    assert set(found) == {"README.md", "LICENSE", "glossary.md", "01_a.ipynb"}
    text, hole = json.loads(found["01_a.ipynb"])["cells"]
    assert "".join(text["source"]) == MADE
    assert "".join(hole["source"]) == editions.HOLE
    assert hole["outputs"] == []
    assert found["glossary.md"] == "## word\n[one](01_a.ipynb)"
    assert "hand in no data" in found["README.md"]


def test_ratings_do_not_get_in_and_an_earlier_archive_stays(project):
    handout.main([], project.root)
    before = (project.build / handout.NAME).read_bytes()
    ratings = "7\t8\t5\t880000001\n" * 200  # invented
    (project.root / "book" / "glossary.md").write_text(ratings)
    with pytest.raises(SystemExit, match=r"glossary\.md holds ratings"):
        handout.main([], project.root)
    assert (project.build / handout.NAME).read_bytes() == before


def test_a_citation_of_an_unknown_work_is_an_error():
    with pytest.raises(KeyError, match="nothing"):
        handout.self_contained("{cite}`nothing`", handout.sources(BIB), set())
