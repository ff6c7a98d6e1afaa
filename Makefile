# A thin face: every target calls a command of tools/, with the environment that `env` makes.
PYTHON ?= python3
RUN := .venv/bin/python
SCHEMA = $(RUN) -m uv tool run check-jsonschema==0.39.0 --builtin-schema
BASE ?= main
MAKEFLAGS += --no-print-directory

.PHONY: book test quick experiments results slides student instructor bundle wheelhouse bench colab \
	lint lint-workflows lock lowest newest audit coverage set-repository changed-pages env clean
.DEFAULT_GOAL := book

book: env          ## execute the notebooks that changed and build the HTML book
	@$(RUN) -m tools.run
	@$(RUN) -m tools.book

test: env          ## unit tests, every notebook executed, results compared with the paper's, pages checked
	@$(RUN) -m tools.unit_tests
	@$(RUN) -m pytest -q tests/text
	@$(RUN) -m tools.run --all
	@$(RUN) -m tools.book
	@$(RUN) -m pytest -q tests/notebooks tests/book

quick: env         ## the same notebooks with few epochs, each alone in an empty folder
	@$(RUN) -m tools.run --quick

experiments: env   ## the long runs of chapters 7 to 9, what is missing of them, row by row; about two and a half hours in all
	@$(RUN) -m tools.experiments

results: env       ## the executed run as one JSON object on standard output
	@$(RUN) -m tools.run --print-results

slides: env        ## the chapters as slides, into _build/slides
	@$(RUN) -m tools.run
	@$(RUN) -m tools.slides

student: env       ## notebooks with holes instead of solutions, into _build/student
	@$(RUN) -m tools.editions student

instructor: env    ## notebooks with solutions and notes for the teacher, into _build/instructor
	@$(RUN) -m tools.editions instructor

bundle: env        ## one archive for a classroom without network; PLATFORMS="win_amd64 macosx_12_0_arm64" adds others
	@$(RUN) -m tools.run
	@$(RUN) -m tools.book
	@$(RUN) -m tools.bundle $(PLATFORMS)

wheelhouse: env    ## the packages of the lock as wheels, for a computer without network; prints their folder
	@$(RUN) -m tools.bundle --wheels

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
	@$(RUN) -m tools.versions lowest

newest: env        ## the same with the newest
	@$(RUN) -m tools.versions newest

coverage: env      ## which lines of the package and the commands the tests and the chapters run
	@rm -rf .coverage .coverage.* _build/quick
	@$(RUN) -m coverage run -m pytest -q tests/unit tests/text
	@$(RUN) -m coverage run -m tools.run --quick
	@$(RUN) -m coverage run -m pytest -q tests/notebooks/test_exercise_answers.py
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
	@$(PYTHON) -m tools.repository -- "$(URL)"

changed-pages: env ## which pages of the book a change touches, compared with BASE, a branch or a commit
	@$(RUN) -m tools.changed_pages -- "$(BASE)"

env:               ## the virtual environment in .venv
	@$(PYTHON) -m tools.environment

clean:             ## remove everything that make made
	rm -rf .venv _build
