"""What may be typed on the helper's desk, and in which words it is asked."""
