/** Starts the reference. All that it loads and calls is on this server. */
const answered = await fetch('/docs/key.json');
const { api_key: token } = await answered.json();

globalThis.Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  title: 'Plinth',
  // What is tried is called here, whatever address the document names for clients elsewhere.
  servers: [{ url: globalThis.location.origin }],
  authentication: {
    preferredSecurityScheme: 'bearer',
    ...(token === undefined ? {} : { securitySchemes: { bearer: { token } } }),
  },
  // Every call stands in the navigation by its name, for the browser's own search too.
  defaultOpenAllTags: true,
  // Nothing of other hosts.
  telemetry: false,
  withDefaultFonts: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
  modelsSectionLabel: 'Schemas',
  documentDownloadType: 'direct',
});
