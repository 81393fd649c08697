"""The shared model core: orderings, masks, the network, densities and draws."""
