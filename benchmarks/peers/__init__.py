"""What a person would otherwise use or write."""
