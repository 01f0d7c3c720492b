# One image for every part; the command says which. Wheels only, so no compiler is needed, and each
# is checked against the hash in requirements.txt.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /requirements.txt
RUN python -m venv /opt/shouwen \
    && /opt/shouwen/bin/pip install --no-cache-dir --only-binary :all: --require-hashes \
        --requirement /requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/shouwen/bin:$PATH \
    PYTHONPATH=/app \
    SHOUWEN_HOME=/var/lib/shouwen \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
COPY --from=packages /opt/shouwen /opt/shouwen
COPY contracts /app/contracts
COPY chassis /app/chassis
COPY services /app/services
COPY shouwen /app/shouwen
COPY statute /app/statute
# Compiled here, because at run time nothing is written; the folder is where a volume is mounted.
RUN python -m compileall -q /app \
    && printf '#!/bin/sh\nexec python -m shouwen "$@"\n' > /usr/local/bin/shouwen \
    && chmod 755 /usr/local/bin/shouwen \
    && useradd --uid 10001 --no-create-home --home-dir /var/lib/shouwen shouwen \
    && install -d -o shouwen -g shouwen -m 700 /var/lib/shouwen
USER 10001:10001
WORKDIR /var/lib/shouwen
ENTRYPOINT ["shouwen"]
CMD ["--help"]
