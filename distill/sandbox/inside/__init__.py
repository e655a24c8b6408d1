"""Runs beside the untrusted program, inside the cell: nothing here may be believed."""
