"""The student's model folder: made, proved and exported."""
