# The forum's image: web, worker and setup are the same image with different commands.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PATH="/srv/venv/bin:$PATH" \
    STATIC_ROOT=/srv/static

# First the packages: this layer is made again only when the pins change.
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /srv/venv \
    && /srv/venv/bin/pip install --no-cache-dir --require-hashes --requirement /tmp/runtime.txt \
    && rm /tmp/runtime.txt

WORKDIR /srv/plait
COPY manage.py ./
COPY deploy/ deploy/
COPY forum/ forum/
COPY static/ static/
COPY templates/ templates/

# The values are for this step only: nothing is connected to, nothing is kept.
RUN PRODUCTION=True SECRET_KEY=only-while-building ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgresql://localhost/none \
    python manage.py collectstatic --no-input --verbosity 0

USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "forum.wsgi"]
