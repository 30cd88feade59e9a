"""What is wanted of a server's BMC, what it says of itself, and how the two differ. Pure."""
