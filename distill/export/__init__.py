"""A dataset in the shapes that other trainers read, one module a tool."""
