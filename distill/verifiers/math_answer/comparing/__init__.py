"""Whether two trees say the same: numbers, lists, sets, relations, quantities, families, vectors."""
