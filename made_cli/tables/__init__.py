"""Tables: from files to codes and back."""
