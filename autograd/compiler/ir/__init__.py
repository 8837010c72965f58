"""The structures that the compiler's passes hand to each other: what they are, what they mean, and what holds of them."""
