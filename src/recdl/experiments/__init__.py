"""The experiments of chapters 7 to 9: long runs, whose results are small tables inside this package."""
