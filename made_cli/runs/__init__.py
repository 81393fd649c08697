"""What a run is, and its folder."""
