# The product: bot, handoff and storage in one image. Rasa has its own, in nlu/.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 GYEOT_HOME=/var/lib/gyeot GYEOT_HOST=0.0.0.0
WORKDIR /srv/gyeot
COPY requirements.txt .
# pg_dump and pg_restore, of the version that docker-compose.yml runs
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-15 && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir --require-hashes -r requirements.txt \
    && useradd --system --uid 10001 --home-dir /var/lib/gyeot --create-home gyeot \
    && install -d -m 0700 -o gyeot /var/backups/gyeot /var/lib/gyeot-keys
COPY bot bot
COPY handoff handoff
COPY storage storage
USER gyeot
VOLUME /var/lib/gyeot
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
CMD ["sh", "-c", "python -m bot setup && exec python -m bot serve"]
