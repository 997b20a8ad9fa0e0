"""What can be done about people and their accounts. The only writers."""
