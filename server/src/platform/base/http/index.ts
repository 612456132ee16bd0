import './errors.ts';

export { ownCookie } from './own-cookie.ts';
export { accountFilter, assertExternalId, customerFilter, externalIdSchema } from './external-id.ts';
export { answerEach, itemError, type ItemError } from './answer-each.ts';
export {
  addressBlock,
  type Answer,
  atLeast,
  type Caller,
  type Once,
  type OnceInSteps,
  type Origin,
  type ProductKey,
  type ResolveProductKey,
  type Role,
  ROLES,
  type Spender,
} from './call.ts';
export {
  CSV_FORMATS,
  type CsvTable,
  type CsvValue,
  JSON_OR_CSV,
  pageOrCsv,
  sendCsv,
  wantsCsv,
} from './csv.ts';
export {
  aliasesOf,
  exampleStatusOf,
  DEFAULT_MAX_BODY,
  featuresOf,
  type FormType,
  formTypeOf,
  idempotencyOf,
  isForMembers,
  objectionsTo,
  ratesOf,
  takesApiKeyHeader,
  takesProductKey,
} from './declaration.ts';
export {
  type EventStream,
  type EventStreamOptions,
  lastEventId,
  openEvents,
  type StreamEvent,
  wantsEvents,
} from './events.ts';
export {
  declareExamples,
  exampleFiles,
  exampleOf,
  readExamples,
  type RouteExample,
} from './examples.ts';
export { sendDownload } from './download.ts';
export { boundaryOf, type FormPart, readForm } from './form.ts';
export {
  type Brand,
  brandFooter,
  brandFooterText,
  brandHeader,
  brandIcon,
  linkButton,
  plainBrand,
  wayOn,
} from './brand.ts';
export { escapeHtml, unescapeHtml } from './escape-html.ts';
export { declareTags, tagText } from './tags.ts';
export { htmlPage, type HtmlPage, isHtmlPage, renderPage } from './html-page.ts';
export { calendarDay, instant } from './calendar-day.ts';
export { concealing, concealModelCost, modelCost, percentOf } from './model-cost.ts';
export { fileReply, namedAfter, namedObject, namedUnion, okReply } from './named-object.ts';
export { originsAllowed } from './origins.ts';
export {
  SOCKET_BODY_FOLLOWS,
  SOCKET_DONE,
  SOCKET_FIRST_FRAME,
  SOCKET_HEADERS,
  SOCKET_RESTART,
  socketCodeOf,
  type SocketWriter,
} from './sockets.ts';
export { wholeNumber } from './whole-number.ts';
export { badCursor, cursorOf, type Page, page, pageOf, pageQuery, positionOf } from './pages.ts';
export {
  answer,
  type Call,
  type ErrorForm,
  isAnswer,
  type Mounted,
  type PathParams,
  type Prepared,
  type Route,
  type RouteAlias,
  routeAlias,
  type RouteAuth,
  type RouteInput,
  type RouteName,
  type RouteRate,
  type RouteShape,
  routesFor,
  routesOf,
  type Spending,
  type SubjectRate,
} from './route.ts';
export {
  type Helpline,
  helplineSchema,
  type Precheck,
  type Safety,
  SAFETY_KINDS,
  SAFETY_STATUSES,
  type SafetyKind,
  safetySchema,
  type SafetyStatus,
  type SafetySupport,
} from './safety.ts';
export type { BytePlace, InnerAnswer, InnerCall, Wire } from './wire.ts';
