"""Speed and memory of the main job, side by side with peers: `make bench`."""
