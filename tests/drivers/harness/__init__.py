"""What carries the items: libraries, servers, terminals, attempts and the table."""
