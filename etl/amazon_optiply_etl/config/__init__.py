"""What a run is asked to do: flags of config.json and of the command line, and Amazon's marketplaces."""
