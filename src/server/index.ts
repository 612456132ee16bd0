export { nextFreePort } from './listening.ts';
export { inlineSchema } from './openapi-schemas.ts';
export { errorsOf, openApiOf } from './openapi.ts';
export type {
  Dependency,
  PrecheckRequest,
  ServerParts,
  ServerSettings,
  SpendingRequest,
  UpgradeQuestion,
} from './parts.ts';
export { createServer, type Server } from './server.ts';
