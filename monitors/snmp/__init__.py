"""The SNMP manager: one socket for all targets, and a decoder that trusts no byte it is sent."""
