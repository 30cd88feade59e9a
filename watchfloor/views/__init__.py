"""What `watchfloor show` says about one named thing: pure, and the same for tables and JSON."""
