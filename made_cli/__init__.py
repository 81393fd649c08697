"""Density estimation of tables with masked autoencoders."""
