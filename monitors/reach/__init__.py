"""What is asked of devices from outside: echoes, ports, certificates, web, streams, clocks."""
