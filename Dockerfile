# One image for every command: not root, and nothing is written but /data (SQLite) and /tmp.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/stateward
COPY .ci/requirements.lock /tmp/requirements.lock
RUN /opt/stateward/bin/pip install --require-hashes -r /tmp/requirements.lock
WORKDIR /srv/stateward
COPY pyproject.toml ./
COPY app app
RUN /opt/stateward/bin/pip install --no-deps --no-build-isolation --editable . \
    && /opt/stateward/bin/python -m compileall -q app

FROM python:3.13-slim
RUN install -d -o 10001 -g 10001 /data
COPY --from=build /opt/stateward /opt/stateward
COPY --from=build /srv/stateward /srv/stateward
COPY migrations /srv/stateward/migrations
COPY machines /srv/stateward/machines
COPY policies /srv/stateward/policies
# HOME is writable for a user without an entry in /etc/passwd; the number lets Kubernetes see that it is not root.
ENV PATH=/opt/stateward/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STATEWARD_MACHINES=/srv/stateward/machines \
    STATEWARD_POLICIES=/srv/stateward/policies \
    STATEWARD_CHECKPOINTS=/data/checkpoints \
    STATEWARD_LOG_FORMAT=json
USER 10001:10001
# The default database, sqlite:///stateward.db, is relative to here.
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + (os.environ.get('STATEWARD_PORT') or '8000') + '/healthz', timeout=4)"]
ENTRYPOINT ["stateward"]
CMD ["serve", "--host", "0.0.0.0"]
