# The service, its models, and nothing that builds them; see docs/deploying.md. Each command here is
# one that tests/deploy runs.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS builder
ENV BLAZEREPS_MODELS=/opt/models
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf deploy/install /opt/blazereps
RUN --mount=type=secret,id=pip,target=/etc/pip.conf /opt/blazereps/bin/blazereps models build full

FROM python:${PYTHON}-slim
COPY --from=builder /opt /opt
RUN install -d -m 0700 -o 10001 -g 10001 /data
ENV PATH=/opt/blazereps/bin:$PATH
ENV PYTHONDONTWRITEBYTECODE=1
ENV BLAZEREPS_MODELS=/opt/models
ENV BLAZEREPS_DATA=/data
ENV BLAZEREPS_HOST=0.0.0.0
ENV BLAZEREPS_LOG_FORMAT=json
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m --start-interval=2s CMD ["blazereps", "healthy"]
ENTRYPOINT ["blazereps"]
CMD ["serve"]
