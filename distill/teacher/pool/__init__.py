"""Many endpoints used as one: who gets the next request, and when one is left alone or believed."""
