"""Where prompts come from: files, Hub datasets, installed packages, and presets that know their columns."""
