"""What `benches/run` is made of: building, the canned server, the cases, measuring, the tables."""
