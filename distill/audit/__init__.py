"""Any dataset of traces ─▶ a report on what is wrong with it, streamed."""
