"""Turns typed changes into what a host executes: pure scripts, and the pyinfra operation for them.

Every script first writes down on the host how its step is undone (`journal`), and changes then. So
a dead-man or an undo needs nothing but what is on the host.
"""
