"""Where a teacher answers, as long as a run goes on."""
