# Three images; the default target is api.
#
#   docker build -t deepecg .                          page and API, with AWS emulated inside
#   docker build -t deepecg-score --target score .     command line
#   docker build -t deepecg-training --target training .
#
#   docker run --rm -p 8000:8000 deepecg
#   docker run --rm --user "$(id -u):$(id -g)" -v DIR:/data deepecg-score       writes to DIR/results
#     (with a report.pdf of each: ... deepecg-score /data --out /data/results --pdf)
#   docker run --rm --user "$(id -u):$(id -g)" -v DATA:/data deepecg-training   writes to DATA/model
#
# `make images` builds all three and prints their sizes.

# --- training: Python 3.11 as in the tests, PyTorch without CUDA ----------------------------------------

FROM python:3.11-slim AS training
WORKDIR /opt/deepecg
COPY requirements.lock ./
# PyTorch's own index has wheels without CUDA; pip's default index is the fallback.
RUN torch=$(sed -n '/^torch==/p' requirements.lock) \
    && { pip install --quiet --no-cache-dir --timeout 10 --retries 0 --no-deps \
           --index-url https://download.pytorch.org/whl/cpu "$torch" 2>/dev/null \
         || pip install --quiet --no-cache-dir --no-deps "$torch"; }
COPY pyproject.toml ./
COPY layers/runtime/requirements.txt layers/runtime/
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print(*p['dependencies'], *p['optional-dependencies']['train'], sep='\n')" > /tmp/packages.txt \
    && pip install --quiet --no-cache-dir \
       -c layers/runtime/requirements.txt -c requirements.lock -r /tmp/packages.txt \
    && rm /tmp/packages.txt
COPY layers/deepecg/deepecg layers/deepecg/deepecg
COPY training training
ENV PYTHONPATH=/opt/deepecg:/opt/deepecg/layers/deepecg PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=/tmp \
    ORT_DISABLE_TELEMETRY=1
USER 1000:1000
STOPSIGNAL SIGINT
ENTRYPOINT ["python3", "-m", "training.train"]
CMD ["--data", "/data", "--out", "/data/model", "--logs", "/data/model"]
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Deep-ECG training" org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.licenses=MIT

# --- build: makes the files of score and api ------------------------------------------------------------

FROM python:3.13-slim AS build
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock ./
COPY layers/runtime layers/runtime
COPY layers/images layers/images
RUN make -C layers/images -f packages.mk OUT=/packages runtime api command pdf serve
COPY layers/deepecg/download_browser_libraries.py layers/deepecg/
RUN python3 layers/deepecg/download_browser_libraries.py
COPY LICENSE README.md pyproject.toml template.yaml ./
COPY functions functions
COPY layers/model layers/model
COPY layers/deepecg layers/deepecg
RUN pip install --quiet --no-cache-dir --no-compile --no-deps --target /deepecg . \
    && mv /deepecg/bin /commands \
    && python3 -m compileall -q --invalidation-mode unchecked-hash /deepecg

# --- runtime: base of score and api: Lambda's runtime layer, without pip --------------------------------

FROM python:3.13-slim AS runtime
RUN rm -rf /usr/local/lib/python3.13/site-packages/* /usr/local/lib/python3.13/ensurepip /usr/local/bin/pip*
COPY --from=build /packages/runtime/python /usr/local/lib/python3.13/site-packages
COPY --from=build /packages/command/python /usr/local/lib/python3.13/site-packages
# ORT_DISABLE_TELEMETRY: otherwise ONNX Runtime sends usage data to its maker.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ORT_DISABLE_TELEMETRY=1

# --- score: the command line ----------------------------------------------------------------------------

FROM runtime AS score
# Pango and a font, with which WeasyPrint writes report.pdf.
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /packages/pdf/python /usr/local/lib/python3.13/site-packages
# Where Fontconfig may write, whoever the user is.
ENV XDG_CACHE_HOME=/tmp
COPY --from=build /commands /usr/local/bin
COPY --from=build /deepecg /usr/local/lib/python3.13/site-packages
USER 1000:1000
STOPSIGNAL SIGINT
ENTRYPOINT ["deepecg", "score"]
CMD ["/data", "--out", "/data/results"]
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Deep-ECG score" org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.licenses=MIT

# --- api: page and API; `docker run --read-only` needs `--tmpfs /tmp` -----------------------------------

FROM runtime AS api
COPY --from=build /packages/api/python /usr/local/lib/python3.13/site-packages
COPY --from=build /packages/serve/python /usr/local/lib/python3.13/site-packages
COPY --from=build /commands /usr/local/bin
COPY --from=build /deepecg /usr/local/lib/python3.13/site-packages
USER 1000:1000
# Process 1 ignores SIGTERM until it has a handler; Python handles SIGINT from its start.
STOPSIGNAL SIGINT
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=8)"]
ENTRYPOINT ["deepecg", "serve"]
CMD ["--host", "0.0.0.0"]
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Deep-ECG" org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.licenses=MIT
