"""Coding of tables: a column an axis, a row a description; answers that are those of the library, by look-up."""
