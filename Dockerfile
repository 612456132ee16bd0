# syntax=docker/dockerfile:1
# The image of server, worker and migration job: one program, another verb (deploy/README.md).
# `docker build -t plinth .`; without OCR, fonts and PDF: `docker build -t plinth:slim --target slim .`
ARG BASE=docker.io/library/node:24-trixie-slim
ARG RUNTIME=gcr.io/distroless/cc-debian13:nonroot

# --- Builds the program, the console and the docs, with all that they are built of.
FROM ${BASE} AS build
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./
COPY sdk/package.json sdk/
COPY react/package.json react/
COPY sandboxes/package.json sandboxes/
COPY safety/package.json safety/
COPY console/package.json console/
COPY site/package.json site/
COPY server/package.json server/
COPY testkit/package.json testkit/
COPY products/adiuva/package.json products/adiuva/
COPY products/coditect/package.json products/coditect/
COPY products/documents/package.json products/documents/
COPY products/gateway/package.json products/gateway/
COPY products/licences/package.json products/licences/
COPY products/marketplace/package.json products/marketplace/
COPY products/memory/package.json products/memory/
COPY products/orbit/package.json products/orbit/
COPY products/prism/package.json products/prism/
COPY products/reel/package.json products/reel/
RUN npm ci --omit=dev --ignore-scripts
COPY . .
RUN mkdir -p -m 700 /volume/data \
  && node server/bin/plinth.js prepare \
  && node site/build.ts \
  && rm -rf node_modules .cache deploy docs console/src site/.vitepress site/public site/*.md tsconfig.json

# --- The packages that the program runs with: not those of the console's source, and no second Node.
FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY sdk/package.json sdk/
COPY react/package.json react/
COPY sandboxes/package.json sandboxes/
COPY safety/package.json safety/
COPY console/package.json console/
COPY site/package.json site/
COPY server/package.json server/
COPY testkit/package.json testkit/
COPY products/adiuva/package.json products/adiuva/
COPY products/coditect/package.json products/coditect/
COPY products/documents/package.json products/documents/
COPY products/gateway/package.json products/gateway/
COPY products/licences/package.json products/licences/
COPY products/marketplace/package.json products/marketplace/
COPY products/memory/package.json products/memory/
COPY products/orbit/package.json products/orbit/
COPY products/prism/package.json products/prism/
COPY products/reel/package.json products/reel/
COPY deploy/image ./deploy/image
RUN npm ci --omit=dev --ignore-scripts --include-workspace-root -w server -w products -w sdk -w sandboxes -w safety \
  && node deploy/image/prune.js

FROM packages AS packages-slim
RUN node deploy/image/prune.js slim

# --- What runs: no shell, no package manager, no npm.
FROM ${RUNTIME} AS runtime
WORKDIR /app
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app ./
# Empty, and of the user who runs: a volume that is put there is theirs.
COPY --from=build --chown=65532:65532 /volume/ /
ENV NODE_ENV=production HOST=0.0.0.0 PORT=6174 DATA_DIR=/data
USER 65532:65532
EXPOSE 6174
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["/usr/local/bin/node", "server/bin/plinth.js", "health"]
ENTRYPOINT ["/usr/local/bin/node", "server/bin/plinth.js"]
CMD ["serve"]

FROM runtime AS slim
COPY --from=packages-slim /app/node_modules ./node_modules

FROM runtime AS full
COPY --from=packages /app/node_modules ./node_modules
