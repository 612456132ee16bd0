/** `plinth/product`: what a product is made with. Products of this repository import nothing else of the platform: testkit/house. */

/** Uses of `db.system` by products: each adds its own beside its definition (`declare module 'plinth/product'`). */
export interface ProductSystemUses {}

declare module '#platform/db' {
  interface SystemUses extends ProductSystemUses {}
}

export * from '#platform/product';
export {
  addressBlock,
  answer,
  type Answer,
  atLeast,
  calendarDay,
  type Call,
  type Caller,
  CSV_FORMATS,
  type CsvTable,
  cursorOf,
  fileReply,
  helplineSchema,
  htmlPage,
  type InnerAnswer,
  type InnerCall,
  JSON_OR_CSV,
  instant,
  lastEventId,
  namedObject,
  namedUnion,
  okReply,
  type Once,
  type OnceInSteps,
  openEvents,
  type Origin,
  type Page,
  page,
  pageOf,
  pageOrCsv,
  pageQuery,
  positionOf,
  type Role,
  ROLES,
  routeAlias,
  routesOf,
  type Safety,
  type SafetyKind,
  safetySchema,
  type SafetyStatus,
  type SafetySupport,
  sendCsv,
  sendDownload,
  type Spender,
  type StreamEvent,
  wantsCsv,
  wantsEvents,
  wholeNumber,
  type Wire,
} from '#platform/http';
export { allowsScope } from '#platform/identity';
export {
  commitPoint,
  createReadCache,
  type Database,
  DatabaseAway,
  type DataRule,
  declareLongUses,
  deleteUnheld,
  erased,
  erasedWith,
  kept,
  mayBeDone,
  statement,
  type Statement,
  THE_ACCOUNTS,
  type Transaction,
  unlinked,
} from '#platform/db';
export {
  type AccountId,
  AppError,
  declareErrors,
  equalInConstantTime,
  type Ids,
  isTimeZone,
  isUuid,
  type JobId,
  type KeyId,
  micros,
  nextTurn,
  type PermitId,
  type Random,
  sha256,
  systemRandom,
  usd,
  type UserId,
  withoutDeclaredSecrets,
} from '#platform/kernel';
export {
  type Ai,
  anthropicError,
  type ConversationMessage,
  endOfServer,
  googleError,
  localeIn,
  type NamedCall,
  openAiError,
  type PolicyInput,
  precheck,
  type Door,
  type PreparedCall,
  type Protocol,
  type Prompts,
  promptsIn,
  supportFor,
  type TakeWords,
  toolTexts,
} from '#platform/ai';
export {
  type EndedSeat,
  type OccupiedSeat,
  type Permit,
  permitError,
  planRequired,
  type Renewal,
  type SeatEnd,
  type SeatResult,
  type SeatsOf,
} from '#platform/limits';
export { createUpgradeFor } from '#platform/entitlements';
export { isFinal, managersOf, type SaleChange } from '#platform/billing';
export { type Actor, actorOf, type Audit, type AuditEvent, type RequestOrigin } from '#platform/audit';
export {
  answerReport,
  type DailyRecurring,
  type Recurring,
  type Report,
  reportOf,
  reportQuery,
} from '#platform/reports';
export {
  attachmentHeaders,
  type IncomingCall,
  mediaType,
  octetsOf,
  movingIn,
  readOctets,
  SEALED,
  type SentBlob,
  signedLink,
  signedParts,
  signedUpload,
  storingRefusal,
} from '#platform/blobs';
export { type StoredVector, type VectorItem, type VectorSearch } from '#platform/vectors';
export {
  type After,
  createClamd,
  type FileReadingEnd,
  LinesRefused,
  readInProcess,
  type ReaderProgram,
  type ReaderTools,
  type ReaderWorker,
  type Scanner,
  type Zip,
  type ZipEntry,
  type ZipRefusal,
} from '#platform/files';
export {
  ALGORITHMS,
  canonicalBytes,
  createSigningKeys,
  type DetachedSignature,
  type KeyKind,
  keySetExample,
  keySetReply,
  keysIn,
  publicJwk,
  readKeySet,
  signBytes,
  type SigningKeys,
} from '#platform/signing';
export { type DataKey, sealedColumn } from '#platform/secrets';
export {
  countLongText,
  countTokens,
  datesIn,
  type DiffLine,
  diffLines,
  diffRoom,
  type DiffRoom,
  foldName,
  type NamedDays,
  namedDaysIn,
  type NearWord,
  nearWords,
  withinRoom,
} from '#platform/texts';
export { PLATFORM_ACCOUNT } from '#platform/queue';
export { type Contribution, type Period, type Release, type ReleaseDeclaration } from '#platform/privacy';
export { assertPackages, type PackagesFor, setting } from '#platform/config';
export { z } from 'zod';
