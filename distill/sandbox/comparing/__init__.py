"""Compare what a program gave with what was expected. All of it is trusted and meets values that are not.

Nothing is built of a value before its kind and size are those of the value that is expected, so that the test bounds
the work, whatever the program gave: colliding sets, numbers of a million digits, a million empty lists.
"""
