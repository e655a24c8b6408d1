"""What may be wrong with one trace, a question a file. Pure."""
