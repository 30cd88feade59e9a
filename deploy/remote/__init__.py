"""The worker's side: what runs beside pyinfra and gevent, in a process of its own for each wave."""
