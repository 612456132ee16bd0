export { type Clock, type ClockReading, elapsed, readClocks, systemClock } from './clock.ts';
export { equalInConstantTime, randomToken, seal, sha256, unseal, uuidOf } from './crypto.ts';
export {
  createEndOfTurn,
  type EndOfTurn,
  createLaneTurns,
  currentLane,
  type Lane,
  type LaneTurns,
  nextTurn,
  runForEverybody,
  runInLane,
} from './lanes.ts';
export {
  AppError,
  type AppErrorOptions,
  INVALID_CREDENTIAL,
  NO_ACCOUNT,
  NOT_FOUND,
  declaredErrors,
  declareErrors,
  type ErrorDeclaration,
  errorDeclaration,
  type ErrorMembers,
  docsOf,
  errorMembers,
  hasCode,
  invalidInput,
} from './errors.ts';
export {
  type AccountId,
  type Branded,
  createIds,
  type HolderId,
  type Ids,
  isUuid,
  type JobId,
  type KeyId,
  type PermitId,
  type UsageEventId,
  type UserId,
} from './ids.ts';
export { isRecord, isTimeZone, jsonIn, jsonOf, numberIn, unlessTooDeep } from './reading.ts';
export {
  amountText,
  type Micros,
  micros,
  minorDigits,
  moneyText,
  UNUSUAL_DIGITS,
  usd,
} from './money.ts';
export {
  declareSecretShapes,
  HIDDEN,
  LONGEST_SHAPE,
  withoutDeclaredSecrets,
} from './secret-shapes.ts';
export { type Random, systemRandom } from './random.ts';
export { inTime, within } from './in-time.ts';
