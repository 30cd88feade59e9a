"""What probes over TCP share: connections, trust in certificates, heads of answers, digests."""
