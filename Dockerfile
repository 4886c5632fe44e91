# docker build --build-arg VERSION="$(git describe --always)" -t emileku .

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY bot bot
COPY scheduler scheduler
COPY storage storage
COPY templates templates
ARG VERSION=""
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X main.stamped=${VERSION}" -o /out/emileku ./cmd/emileku \
 && mkdir -m 0700 /out/data

# Certificates of the networks' servers, and nothing else: the program is
# static and carries its time zones.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/emileku /emileku
# A new volume takes over the owner of the folder that it covers.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# All addresses of the container; nothing is published unless compose or
# docker run says so.
ENV DATA_DIR=/data HTTP_ADDR=0.0.0.0:8080 LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s --retries=3 CMD ["/emileku", "healthcheck"]
ENTRYPOINT ["/emileku"]
CMD ["run"]
