export { type Account } from './account.ts';
export { type Adiuva, type AdiuvaAnswer, type AdiuvaRequest } from './adiuva.ts';
export { type Ai, type ChatAnswer, type ChatChunk, type ChatRequest } from './ai.ts';
export { type Auth, newVerifier, type SecondFactorAsked, type SignIn, type SignUp } from './auth.ts';
export { type Billing } from './billing.ts';
export {
  type BodyOf,
  type Caller,
  type CallOptions,
  type QueryOf,
  type ReplyOf,
  type RouteName,
} from './calls.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
export {
  LimitExceeded,
  type PackOffer,
  type UpgradeOffer,
  NoAnswer,
  NotFound,
  PlanRequired,
  PlinthError,
  StaleVersion,
  Unauthenticated,
  Unavailable,
} from './errors.ts';
export { type Licenses } from './license-calls.ts';
export { type Memory } from './memory.ts';
export { type Orbit, type ScopeChange, type ScopeEvent, type ScopePresence } from './orbit.ts';
export { type Permits, type PermitWork, type Spent, type WithPermit } from './permits.ts';
export {
  type InstallOptions,
  type Plugin,
  type PluginPackage,
  type Plugins,
  type RevokedPlugin,
} from './plugins.ts';
export { type MirrorEvent, type MirrorReply, type Prism, type Turn } from './prism.ts';
export {
  type Asset,
  type Draft,
  type Generation,
  type GenerationEvent,
  type Reel,
  type Variant,
} from './reel.ts';
export { type Retries } from './retries.ts';
export { type ErrorCode, type Routes, type Schemas, type SocketRoute, type WebhookEvent } from './routes.ts';
export { browserSession, memorySession, type SessionStore, type SessionTokens } from './sessions.ts';
export {
  type AnswerStream,
  type Socket,
  type SocketClass,
  type StreamOptions,
  type Streams,
} from './sockets.ts';
export { type CountedAnswer, spentOn } from './spent.ts';
export { type Time } from './time.ts';
