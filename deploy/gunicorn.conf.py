"""gunicorn's configuration, for `make run` and production alike."""

import os

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "forum.lib.buffering_worker.BufferingWorker"  # threads, which no slow client holds
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
# Each may be in the middle of a request of up to 2 MB, which is held in memory.
worker_connections = 400
# Longer than the proxy keeps an idle connection, so that it never meets one we have just closed.
keepalive = 75
# A process that has served so many requests is replaced, whatever memory it has gathered.
max_requests = 10_000
max_requests_jitter = 2_000
timeout = 30
graceful_timeout = 8
preload_app = True  # read the code once, share its memory
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
loglevel = os.environ.get("LOG_LEVEL", "warning").lower()
control_socket_disable = True
