# A thin face: course.py has the list of all targets, and `make` without one means `make book`; `make help` shows it.
PYTHON ?= python3
BASE ?= main
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := book

# What some targets want to know: make changed-pages BASE=HEAD^1
changed-pages: words = "$(BASE)"
set-repository: words = "$(URL)"
bundle: words = $(PLATFORMS)
grade: words = "$(DIR)"
experiments-1m: words = "$(ZIP)"
# A Python that is named here is the one to make the environment with; the usual one only starts course.py.
named = $(if $(filter command,$(origin PYTHON)),PYTHON="$(PYTHON)")

%: FORCE
	@"$(PYTHON)" course.py $(named) $@ $(words)
FORCE: ;
Makefile: ;
