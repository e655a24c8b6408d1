"""TRL's settings: their names, their values, and whether they have an effect here."""
