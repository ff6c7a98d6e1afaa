# A thin face: every target calls one script of the package, with the environment that `env` makes.
PYTHON ?= python3
RUN := .venv/bin/python
MAKEFLAGS += --no-print-directory

.PHONY: book test quick results slides student instructor bundle wheelhouse bench lint lock env clean
.DEFAULT_GOAL := book

book: env          ## execute the notebooks that changed and build the HTML book
	@$(RUN) -m recdl.course.run
	@$(RUN) -m recdl.course.book

test: env          ## unit tests, every notebook executed, results compared with the paper's, pages checked
	@$(RUN) -m pytest -q tests/unit
	@$(RUN) -m recdl.course.run
	@$(RUN) -m recdl.course.book
	@$(RUN) -m pytest -q tests/notebooks tests/book

quick: env         ## the same notebooks with few epochs
	@$(RUN) -m recdl.course.run --quick

results: env       ## the executed run as one JSON object on standard output
	@$(RUN) -m recdl.course.run --print-results

slides: env        ## the chapters as slides, into _build/slides
	@$(RUN) -m recdl.course.run
	@$(RUN) -m recdl.course.slides

student: env       ## notebooks with holes instead of solutions, into _build/student
	@$(RUN) -m recdl.course.editions student

instructor: env    ## notebooks with solutions and notes for the teacher, into _build/instructor
	@$(RUN) -m recdl.course.editions instructor

bundle: env        ## one archive for a classroom without network; PLATFORMS="win_amd64 macosx_12_0_arm64" adds others
	@$(RUN) -m recdl.course.run
	@$(RUN) -m recdl.course.book
	@$(RUN) -m recdl.course.bundle $(PLATFORMS)

wheelhouse: env    ## the packages of the lock as wheels, for a computer without network; prints their folder
	@$(RUN) -m recdl.course.bundle --wheels

bench: env         ## the library against this package, and growth; ends with one ratio a line
	@$(RUN) benchmarks/growth.py
	@$(RUN) benchmarks/speed.py

lint: env          ## ruff on the package, the tests and the notebooks
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

lock: env          ## requirements.txt from pyproject.toml
	@$(RUN) -m uv pip compile --universal --python-version 3.11 --only-binary :all: --all-extras \
		--emit-build-options --no-annotate --custom-compile-command "make lock" --upgrade -q \
		pyproject.toml -o requirements.txt

env:               ## the virtual environment in .venv
	@$(PYTHON) src/recdl/course/environment.py

clean:             ## remove everything that make made
	rm -rf .venv _build
