"""Backups of the three databases: an archive and a folder for each, the keyring in none.

An archive is a folder ``<name>-<time>/`` with one payload and ``manifest.json``. It appears whole
or not at all: everything is written into ``….part`` beside it and renamed at the end.
"""
