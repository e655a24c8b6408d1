"""The process that trains, one for each GPU."""
