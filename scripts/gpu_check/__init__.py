"""What only a GPU can show: engines, layouts, memory and speed beside what `fit` foretold."""
