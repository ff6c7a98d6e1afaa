# A thin face: every target calls one script of the package, with the environment that `env` makes.
PYTHON ?= python3
RUN := .venv/bin/python
SCHEMA = $(RUN) -m uv tool run check-jsonschema==0.39.0 --builtin-schema
BASE ?= main
MAKEFLAGS += --no-print-directory

.PHONY: book test quick experiments results slides student instructor bundle wheelhouse bench colab \
	lint lint-workflows lock lowest newest audit coverage set-repository changed-pages env clean
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

experiments: env   ## the long runs of chapters 7 to 9, what is missing of them, row by row; about two and a half hours in all
	@$(RUN) -m recdl.course.experiments

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

colab: env         ## every chapter in an imitation of Colab; prints the seconds of set-up and run
	@$(RUN) -m pytest -q -n 0 tests/colab

lint: env          ## ruff on the package, the tests and the notebooks
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

lock: env          ## requirements.txt from pyproject.toml
	@$(RUN) -m uv pip compile --universal --python-version 3.11 --only-binary :all: --all-extras \
		--emit-build-options --no-annotate --custom-compile-command "make lock" --upgrade -q \
		pyproject.toml -o requirements.txt

lowest: env        ## the unit tests with the oldest versions that pyproject.toml allows, on every Python found
	@$(RUN) -m recdl.course.versions lowest

newest: env        ## the same with the newest
	@$(RUN) -m recdl.course.versions newest

coverage: env      ## which lines of the package the tests and the chapters run
	@rm -f .coverage .coverage.*
	@$(RUN) -m coverage run -m pytest -q tests/unit
	@$(RUN) -m coverage run -m recdl.course.run --quick
	@$(RUN) -m coverage run -m pytest -q tests/notebooks/test_alone.py tests/notebooks/test_exercise_answers.py
	@$(RUN) -m coverage combine -q
	@$(RUN) -m coverage report

audit: env         ## known vulnerabilities of the packages in requirements.txt
	@$(RUN) -m uv tool run pip-audit --strict --no-deps --disable-pip --progress-spinner off \
		-r requirements.txt || { echo "No clean audit: the last line above says why." >&2; exit 1; }

lint-workflows: env ## the files for GitHub and CITATION.cff against their schemas, the workflows for holes
	@$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	@$(SCHEMA) custom.github-workflows-require-timeout .github/workflows/*.yml
	@$(SCHEMA) vendor.dependabot .github/dependabot.yml
	@$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/cell.yml .github/ISSUE_TEMPLATE/sentence.yml
	@$(SCHEMA) vendor.citation-file-format CITATION.cff
	@$(RUN) -m uv tool run zizmor==1.32.0 --offline --quiet --persona pedantic --config .github/zizmor.yml .github

set-repository:    ## another address of the repository, everywhere: URL=https://github.com/owner/name
	@$(PYTHON) src/recdl/course/repository.py "$(URL)"

changed-pages: env ## which pages of the book a change touches, compared with BASE, a branch or a commit
	@$(RUN) -m recdl.course.changed_pages "$(BASE)"

env:               ## the virtual environment in .venv
	@$(PYTHON) src/recdl/course/environment.py

clean:             ## remove everything that make made
	rm -rf .venv _build
