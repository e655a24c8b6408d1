"""What an endpoint sends back, whatever its shape, read into one completion."""
