"""What is asked and what is known: event expressions, evidence."""
