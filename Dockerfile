# Tap, ETL and fleet, without the sandbox; `docker run IMAGE --help`, or --entrypoint amazon-optiply-etl or amazon-fleet.
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/tap \
 && /opt/tap/bin/pip install --no-cache-dir --constraint constraints.txt '.[etl,fleet,fleet-monitoring]'

FROM python:3.13-slim
COPY --from=build /opt/tap /opt/tap
RUN useradd --create-home --uid 10001 tap
USER 10001
WORKDIR /home/tap
ENV PATH=/opt/tap/bin:$PATH
ENTRYPOINT ["tap-amazon-seller"]
CMD ["--help"]
