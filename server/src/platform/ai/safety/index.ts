export { createFindings, type Findings, type SafetyFinding, type SafetyMetrics } from './findings.ts';
export { SAID_SAFE } from './figures.ts';
export { localeIn, oldHelplines, type Whereabouts } from './helplines.ts';
export type { Moderate, Moderated } from './moderation.ts';
export { supportFor, type SupportRequest } from './support.ts';
export {
  assertWhole,
  type Language,
  precheck,
  type PrecheckHints,
  type SafetyResult,
  warmUp,
} from '@plinth/safety';
