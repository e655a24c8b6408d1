"""Multiple choice: which option a text picks, and whether it is the right one."""
