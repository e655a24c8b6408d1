"""Many machines: Ray, object stores, and work that is done here or there."""
