"""How large a network is, in numbers alone: before there is one, and without torch."""
