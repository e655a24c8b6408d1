"""What a training needs of its machines: memory, layout, batch, launch line."""
