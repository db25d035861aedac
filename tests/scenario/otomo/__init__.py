"""Black-box toolkit: the real daemon, scripted clients and media peers, all over real sockets.

server.py   starts and stops otomod, runs otomoctl, reads the database
client.py   one WebSocket connection: send, expect
health.py   what a server says of itself at /healthz and /readyz
relay.py    a bad line to PostgreSQL
wallclock.py a server whose wall clock can be set
price.py    what a call costs, by a model of its own
peer.py     one media peer: ICE, DTLS, SRTP over a UDP socket
scene.py    two people and the call between them, walked from state to state
"""

DEADLINE = 15.0  # seconds; how long to wait for what must happen. Never a verdict on speed.
