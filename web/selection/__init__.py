"""Places by selection: form, reviewers, scores, decision."""
