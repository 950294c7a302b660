"""Links to Amazon's products: the ASIN and marketplace in them, and where short ones lead."""
