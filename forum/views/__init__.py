"""HTTP in, HTTP out: fetch, ask, act, answer."""
