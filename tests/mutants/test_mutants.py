"""Each guard can be taken out of the code as it is now. Whether its tests then fail: `make mutants`."""
