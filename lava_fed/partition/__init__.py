"""Partitions: how the samples of one data set are dealt out to devices."""
