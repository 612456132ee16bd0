export {
  CONSOLE,
  CONSOLE_MANIFEST,
  type ConsoleManifest,
  readConsole,
  teamConsole,
} from './console/built.ts';
export { nextFreePort } from './listen-on.ts';
export { inlineSchema } from './openapi/schema-writer.ts';
export { errorsOf, openApiOf } from './openapi/openapi.ts';
export { operationIdOf } from './openapi/operation-id.ts';
export type {
  Dependency,
  ServerParts,
  ServerSettings,
  SpendingRequest,
} from './parts.ts';
export { createServer, type Server } from './server.ts';
