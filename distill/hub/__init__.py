"""The Hugging Face Hub: what of a folder goes there, what stays there, and the way back."""
