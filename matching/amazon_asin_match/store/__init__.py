"""What matching remembers: jobs, their codes, Amazon's answers, results and logs."""
