"""What is sent to an endpoint: in which form it takes requests, where it is, and who may know the key."""
