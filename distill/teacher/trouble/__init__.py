"""What can go wrong with a request: an endpoint's statuses and words, and what is to be done about them."""
